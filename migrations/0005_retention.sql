-- When the payload of an event was removed: by age, or because somebody asked. The log of its deliveries stays.
alter table events add column erased_at timestamptz;
