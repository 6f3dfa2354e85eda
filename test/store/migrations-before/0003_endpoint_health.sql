-- After how long of nothing but failures an endpoint is switched off; null: as configured.
alter table tenants add column disable_after_s integer;
-- The tenant that the operator's own endpoint belongs to.
alter table tenants add column is_operator boolean not null default false;
create unique index tenants_operator on tenants (is_operator) where is_operator and deleted_at is null;

alter table endpoints
  add column consecutive_failures integer not null default 0,
  -- how far people have been warned: percent of the time until it is switched off; 100: it was switched off
  add column warned_percent smallint not null default 0,
  add column disabled_at timestamptz,
  -- since when it has got nothing: what to recover from
  add column troubled_since timestamptz;

-- Operational events are an outbox: the herald takes those that are due and marks them.
alter table operational_events
  add column told_at timestamptz,
  add column tell_after timestamptz not null default now();
update operational_events set told_at = now();
create index operational_events_untold on operational_events (tell_after) where told_at is null;
