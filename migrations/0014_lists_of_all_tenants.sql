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

-- What operations look for at an endpoint, and how far they are: in pages, counted as they go.
create index concurrently if not exists deliveries_unsuccessful on deliveries (endpoint_id, id)
  where status in ('failed', 'cancelled');
alter table operations
  -- `matched` is what was found before counting stopped
  add column if not exists at_least boolean not null default false,
  -- set going so far
  add column if not exists taken integer not null default 0,
  -- where the next look at how its deliveries fare begins
  add column if not exists tallied_to text collate "C" not null default '';
-- `done` or `failed`, once it is counted in its operation
alter table operation_deliveries add column if not exists ended text;
create index concurrently if not exists operation_deliveries_open on operation_deliveries (operation_id, delivery_id)
  where ended is null;
create index concurrently if not exists operations_running_of_tenant on operations (tenant_id) where status = 'running';

-- Lists of what is in force, beside however much that was revoked or deleted.
create index concurrently if not exists api_keys_in_force on api_keys (id) where revoked_at is null;
create index concurrently if not exists api_keys_in_force_of_tenant on api_keys (tenant_id, id) where revoked_at is null;
create index concurrently if not exists tenants_in_force on tenants (id) where deleted_at is null and not is_operator;

-- A changed retry schedule counts for what waits already: planned anew from here, page by page.
alter table endpoints
  -- counts the changes, so that an attempt knows when it has planned by an earlier one
  add column if not exists plan_version integer not null default 0,
  -- the new schedule, and the delivery up to which it has been applied; null: to all
  add column if not exists replan_delays double precision[],
  add column if not exists replan_jitter double precision,
  add column if not exists replanned_to text collate "C";
alter table deliveries
  -- when its last scheduled attempt ended, and before when its receiver asked for no other
  add column if not exists attempted_at timestamptz,
  add column if not exists not_before timestamptz,
  -- its next attempt is sooner than the timer of its workflow
  add column if not exists moved boolean not null default false;
create index concurrently if not exists endpoints_to_replan on endpoints (id) where replanned_to is not null;
create index concurrently if not exists deliveries_moved on deliveries (next_attempt_at) where status = 'retrying' and moved;
