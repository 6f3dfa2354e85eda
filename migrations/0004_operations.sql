-- What is done to many deliveries at once: recover, replay, bulk retry, erasure. A workflow carries each out, page by page.
create table operations (
  id text collate "C" primary key,
  kind text not null,
  tenant_id text collate "C" not null references tenants,
  endpoint_id text collate "C" references endpoints,
  params json not null,
  per_second double precision not null,
  status text not null,
  matched integer not null,
  -- where the next page begins; moves in the transaction of the page
  cursor text not null default '',
  -- final once it is over
  done integer not null default 0,
  failed integer not null default 0,
  started_at timestamptz not null,
  finished_at timestamptz
);
create index operations_running on operations (id) where status = 'running';

create table operation_deliveries (
  operation_id text collate "C" not null references operations,
  delivery_id text collate "C" not null references deliveries,
  primary key (operation_id, delivery_id)
);

-- Who asked for the next attempt, when it was not the schedule.
alter table deliveries add column next_trigger text;
