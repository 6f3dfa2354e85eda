-- @outside-transaction
-- Deliveries of all tenants are listed by each filter, newest first, and so are those of a tenant by the status of the response.

-- `attempt_count >= 0` always holds, and only lists of all tenants say so: a tenant's list never follows these indexes.
create index concurrently if not exists deliveries_by_status_of_all on deliveries (status, id)
  where status not in ('pending', 'succeeded') and attempt_count >= 0;
create index concurrently if not exists deliveries_by_error_of_all on deliveries (last_error, id) where last_error is not null and attempt_count >= 0;
create index concurrently if not exists deliveries_by_type_of_all on deliveries (event_type, id) where attempt_count >= 0;
-- A 2xx is what nearly every delivery has.
create index concurrently if not exists deliveries_by_response_of_all on deliveries (last_response_status, id)
  where (last_response_status < 200 or last_response_status > 299) and attempt_count >= 0;
create index concurrently if not exists deliveries_by_response on deliveries (tenant_id, last_response_status, id)
  where last_response_status < 200 or last_response_status > 299;

-- An event's deliveries are found with its tenant and without.
create index concurrently if not exists deliveries_by_event_id on deliveries (event_id, tenant_id, id);
drop index concurrently if exists deliveries_by_event;
