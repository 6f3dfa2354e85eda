-- The order of acceptance at an ordered endpoint: given out under the endpoint's lock, unlike the ids, which are made before.
create sequence delivery_turns;
alter table deliveries add column turn bigint;
create index deliveries_by_turn on deliveries (endpoint_id, turn nulls first, id) where status = 'held' and held_reason = 'ordered';

-- Deliveries that wait for their place in a rate, and the endpoints that have a rate.
create index deliveries_rate_limited on deliveries (endpoint_id, id) where status = 'held' and held_reason = 'rate_limited';
create index endpoints_paced on endpoints (id) where rate_per_second is not null and deleted_at is null;
