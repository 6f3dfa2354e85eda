-- @outside-transaction
-- Endpoints that something is wrong with, over all tenants, for the operator's overview.
create index concurrently if not exists endpoints_in_trouble on endpoints (id)
  where deleted_at is null and (not enabled or stalled_at is not null or failing_since is not null);
