-- @outside-transaction
-- What the stream of a tenant looks for: the attempts that were recorded lately, of all tenants. Older ones are not in the index.
alter table attempts add column if not exists recorded_at timestamptz;
create index concurrently if not exists attempts_by_record on attempts (recorded_at) where recorded_at is not null;
