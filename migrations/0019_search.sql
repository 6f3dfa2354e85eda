-- @outside-transaction
-- What people look for by what they have at hand: a type, an id, a key, a name, an address. "C" sorts by bytes, so an index serves prefixes, too.
create index concurrently if not exists events_by_type on events (tenant_id, type, sort_id);
-- Over all tenants; the primary key serves one.
create index concurrently if not exists events_by_id on events (id, tenant_id);
create index concurrently if not exists idempotency_keys_by_key on idempotency_keys (key, tenant_id);
create index concurrently if not exists tenants_by_external_id on tenants (external_id collate "C", id) where deleted_at is null;
create index concurrently if not exists tenants_by_name on tenants (lower(name) collate "C", id) where deleted_at is null and not is_operator;
create index concurrently if not exists endpoints_by_host on endpoints (host collate "C", id) where deleted_at is null;
-- An index takes no value as long as a URL may be.
create index concurrently if not exists endpoints_by_url on endpoints (left(masked_url, 200) collate "C", id) where deleted_at is null;
create index concurrently if not exists event_types_by_name on event_types (name);

-- Why an endpoint got nothing of an event: those that are deleted count, and when it was switched off for its answers.
create index concurrently if not exists endpoints_deleted on endpoints (tenant_id, id) where deleted_at is not null;
create index concurrently if not exists operational_events_disabled on operational_events (endpoint_id, id) where type = 'endpoint.disabled';
