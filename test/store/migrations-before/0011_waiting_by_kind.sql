-- What waits at an endpoint is changed page by page, and each kind of waiting has an index of its own: beside a million of one
-- kind, another is found without a look at them. Those that are held for order or rate have theirs already.
drop index deliveries_held;
create index deliveries_stalled on deliveries (endpoint_id, id) where status = 'held' and held_reason = 'stalled';
create index deliveries_retrying on deliveries (endpoint_id, id) where status = 'retrying';

-- The same rows as before; how many wait, tests left out, is counted from it alone.
drop index deliveries_unended;
create index deliveries_unended on deliveries (endpoint_id, id) include (status, held_reason, is_test)
  where status in ('pending', 'delivering', 'retrying', 'held');
