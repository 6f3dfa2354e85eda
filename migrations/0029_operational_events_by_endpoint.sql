-- @outside-transaction
-- What happened to one endpoint, newest first.
create index concurrently if not exists operational_events_by_endpoint on operational_events (endpoint_id, id);
