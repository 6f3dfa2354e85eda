-- When the payload of an event was removed: by age, or because somebody asked. The log of its deliveries stays.
alter table events add column erased_at timestamptz;
-- Days after which payloads are removed; null: as configured. Up to `pruned_to` (an event's sort id) that is done.
alter table tenants add column payload_retention_days integer, add column pruned_to text collate "C" not null default '';
