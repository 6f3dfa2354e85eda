-- What waits, from endpoint to endpoint: where one has a crowd, the others are found without a look at it.
create index deliveries_to_dispatch_by_endpoint on deliveries (endpoint_id, id) where status = 'pending';
