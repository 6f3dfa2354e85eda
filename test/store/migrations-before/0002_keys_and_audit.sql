-- Keys other than the operator's own, which lives in the environment.
create table api_keys (
  id text collate "C" primary key,
  kind text not null check (kind in ('admin', 'tenant')),
  tenant_id text collate "C" references tenants check ((kind = 'tenant') = (tenant_id is not null)),
  scopes text[] not null,
  name text,
  -- SHA-256: the key itself is 256 random bits, so there is nothing to guess
  hash bytea unique not null,
  -- its last characters, by which people tell keys apart
  hint text not null,
  rate_per_second double precision,
  created_at timestamptz not null,
  -- to the minute
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_by_tenant on api_keys (tenant_id, id);

create table audit_log (
  id text collate "C" primary key,
  at timestamptz not null default now(),
  -- the key's id, or `admin` for the one from the environment
  actor text collate "C" not null,
  actor_name text,
  tenant_id text collate "C",
  action text not null,
  object_id text collate "C",
  -- names of what was changed; never a secret
  details json not null,
  request_id text not null
);
create index audit_log_by_tenant on audit_log (tenant_id, id);
create index audit_log_by_object on audit_log (object_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'The audit log is append-only';
end $$;
create trigger append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_change();

-- The presses of retry in the minute that began at `presses_since`.
alter table deliveries add column presses_since timestamptz, add column presses integer not null default 0;
create index operational_events_by_tenant on operational_events (tenant_id, id);
