-- @outside-transaction
-- What /metrics counts, it counts from indexes alone, for it is asked every few seconds. What waits is counted from
-- deliveries_unended, which 0011 builds.
create index concurrently if not exists endpoints_by_state on endpoints (enabled, stalled_at, failing_since)
  where deleted_at is null;
