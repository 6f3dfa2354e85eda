-- @outside-transaction
-- What waits at an endpoint is changed page by page, and each kind of waiting has an index of its own: beside a million of one
-- kind, another is found without a look at them. Those that are held for order or rate have theirs already.
create index concurrently if not exists deliveries_stalled on deliveries (endpoint_id, id)
  where status = 'held' and held_reason = 'stalled';
create index concurrently if not exists deliveries_retrying on deliveries (endpoint_id, id) where status = 'retrying';
drop index concurrently if exists deliveries_held;

-- The same rows as before; how many wait, tests left out, is counted from it alone. The old one serves until the new one can.
create index concurrently if not exists deliveries_unended_counted
  on deliveries (endpoint_id, id) include (status, held_reason, is_test)
  where status in ('pending', 'delivering', 'retrying', 'held');
drop index concurrently if exists deliveries_unended;
alter index if exists deliveries_unended_counted rename to deliveries_unended;
