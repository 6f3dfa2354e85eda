-- @outside-transaction
-- After how long of nothing but failures an endpoint is switched off; null: as configured.
alter table tenants add column if not exists disable_after_s integer;
-- The tenant that the operator's own endpoint belongs to.
alter table tenants add column if not exists is_operator boolean not null default false;
create unique index concurrently if not exists tenants_operator on tenants (is_operator) where is_operator and deleted_at is null;

alter table endpoints
  add column if not exists consecutive_failures integer not null default 0,
  -- how far people have been warned: percent of the time until it is switched off; 100: it was switched off
  add column if not exists warned_percent smallint not null default 0,
  add column if not exists disabled_at timestamptz,
  -- since when it has got nothing: what to recover from
  add column if not exists troubled_since timestamptz;

-- Operational events are an outbox: the herald takes those that are due and marks them. Those that are there count as told: a
-- default that is a constant is written nowhere, and the next statement takes it from the rows to come.
alter table operational_events
  add column if not exists told_at timestamptz default now(),
  add column if not exists tell_after timestamptz not null default now();
alter table operational_events alter column told_at drop default;
create index concurrently if not exists operational_events_untold on operational_events (tell_after) where told_at is null;
