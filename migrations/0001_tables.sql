-- Text ids sort by time of creation, so "newest first" is "largest id first"; "C" makes that byte order.

create table tenants (
  id text collate "C" primary key,
  external_id text unique,
  name text not null,
  profile text not null,
  contacts text[] not null,
  created_at timestamptz not null,
  deleted_at timestamptz
);

create table endpoints (
  id text collate "C" primary key,
  tenant_id text collate "C" not null references tenants,
  -- URL, auth, custom headers and signing secrets, encrypted as one value
  sealed bytea not null,
  masked_url text not null,
  host text not null,
  event_types text[],
  description text,
  enabled boolean not null,
  disabled_reason text,
  timeout_ms integer,
  retry_schedule double precision[],
  ordered boolean not null default false,
  rate_per_second double precision,
  -- when the next delivery to a rate-limited endpoint may go
  rate_next_at timestamptz,
  stalled_at timestamptz,
  failing_since timestamptz,
  -- when people were last told of exhausted deliveries of this endpoint
  told_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index endpoints_by_tenant on endpoints (tenant_id, id) where deleted_at is null;

create table event_types (
  tenant_id text collate "C" not null references tenants,
  name text collate "C" not null,
  description text not null,
  -- text, not jsonb: what the tenant wrote is what the tenant reads
  schema text not null,
  example text not null,
  created_at timestamptz not null,
  primary key (tenant_id, name)
);

create table events (
  tenant_id text collate "C" not null references tenants,
  id text collate "C" not null,
  -- sorts by time even where the caller chose the id
  sort_id text collate "C" not null,
  type text not null,
  occurred_at timestamptz not null,
  body bytea not null,
  data_start integer not null,
  data_end integer not null,
  request_hash bytea not null,
  is_test boolean not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
create index events_newest on events (tenant_id, sort_id);

create table idempotency_keys (
  tenant_id text collate "C" not null references tenants,
  key text not null,
  request_hash bytea not null,
  event_ids text[] not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, key)
);

create table deliveries (
  id text collate "C" primary key,
  tenant_id text collate "C" not null,
  event_id text collate "C" not null,
  endpoint_id text collate "C" not null references endpoints,
  event_type text not null,
  is_test boolean not null,
  -- only where the body carries the delivery's own id; otherwise the event's body is sent
  body bytea,
  status text not null,
  held_reason text,
  attempt_count integer not null default 0,
  -- scheduled attempts made; manual ones use up no slot of the schedule
  slots_used integer not null default 0,
  next_attempt_at timestamptz,
  -- how it first ended; kept while a later manual attempt is under way
  ended_status text,
  ended_at timestamptz,
  last_error text,
  last_response_status integer,
  -- the lease of the dispatcher that has it in memory. No lease at all: never offered to Temporal
  leased_by text,
  leased_until timestamptz,
  -- the workflow that owns its schedule
  workflow_id text,
  run_id text,
  -- the attempt under way: written before the POST, cleared by its record
  claim_number integer,
  claim_run text,
  claim_trigger text,
  claim_press text,
  claim_from text,
  claim_started_at timestamptz,
  claim_deadline timestamptz,
  -- the notice that tells people of its exhaustion
  notice_id text,
  told_at timestamptz,
  created_at timestamptz not null,
  foreign key (tenant_id, event_id) references events (tenant_id, id)
);
create index deliveries_by_tenant on deliveries (tenant_id, id);
create index deliveries_by_endpoint on deliveries (endpoint_id, id);
create index deliveries_by_event on deliveries (tenant_id, event_id);
create index deliveries_by_type on deliveries (tenant_id, event_type, id);
-- Most deliveries have succeeded: those are found through the tenant's index, the others through this one.
create index deliveries_by_status on deliveries (tenant_id, status, id) where status <> 'succeeded';
create index deliveries_by_error on deliveries (tenant_id, last_error, id) where last_error is not null;
create index deliveries_to_dispatch on deliveries (id) where status = 'pending';
create index deliveries_held on deliveries (endpoint_id, id) where status = 'held';
create index deliveries_unended on deliveries (endpoint_id, id) where status in ('pending', 'delivering', 'retrying', 'held');
create index deliveries_overdue on deliveries (coalesce(claim_deadline, next_attempt_at, created_at)) where status in ('delivering', 'retrying');
create index deliveries_untold on deliveries (endpoint_id, ended_at) where status = 'failed' and told_at is null;

create table attempts (
  delivery_id text collate "C" not null references deliveries,
  number integer not null,
  trigger text not null,
  press_id text,
  workflow_id text,
  run_id text,
  started_at timestamptz not null,
  duration_ms integer not null,
  -- the exchange: null where the outcome is not known
  request_url text,
  request_url_sealed bytea,
  request_headers json,
  response_status integer,
  response_headers json,
  response_body bytea,
  response_truncated boolean not null default false,
  error_code text,
  error_message text,
  primary key (delivery_id, number)
);

create table notices (
  id text collate "C" primary key,
  tenant_id text collate "C" not null,
  endpoint_id text collate "C" not null,
  created_at timestamptz not null default now(),
  -- the lease of whoever is sending it
  sending_until timestamptz,
  sent_at timestamptz
);
create index notices_unsent on notices (endpoint_id, id) where sent_at is null;
create index deliveries_by_notice on deliveries (notice_id) where notice_id is not null;

create table operational_events (
  id text collate "C" primary key,
  type text not null,
  tenant_id text collate "C",
  endpoint_id text collate "C",
  -- one row per thing that happened, however often it is written
  dedupe_key text unique not null,
  data json not null,
  created_at timestamptz not null
);
