-- What attempts come to, by tenant and time (docs/adr/0023). A trigger counts each attempt in the transaction of its record, whichever
-- version writes it, into rows that are only added; a periodic task folds these into intervals.

-- Which of 128 intervals a number of ms falls in: each ends at the fourth root of two times the end of the one before. The program
-- has the same rule (src/domain/attempt-metrics.ts).
create function metric_bucket(ms double precision) returns smallint immutable parallel safe language sql as $$
  select case when ms > 1 then least(127, ceil(4 * ln(ms) / ln(2::double precision)))::smallint else 0::smallint end
$$;

-- Partial sums: a row for each record batch, minute and kind of outcome. Nobody updates them, so nobody waits for another's.
create table metric_parts (
  tenant_id text collate "C" not null,
  -- the minute in which the attempts ended
  at timestamptz not null,
  event_type text not null,
  error_code text,
  response_status integer,
  attempts integer not null,
  -- deliveries that succeeded for the first time, and that ended failed
  delivered integer not null,
  exhausted integer not null,
  -- numbers of buckets: of the attempts' durations, and of the times from acceptance to the first success
  durations smallint[] not null,
  latencies smallint[] not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Intervals of several widths, each with all that its tenant's attempts came to.
create table metric_totals (
  -- empty: all tenants
  tenant_id text collate "C" not null,
  seconds integer not null,
  at timestamptz not null,
  attempts bigint not null,
  failed bigint not null,
  delivered bigint not null,
  exhausted bigint not null,
  -- counts by bucket
  durations integer[] not null,
  latencies integer[] not null,
  primary key (tenant_id, seconds, at)
);
create index metric_totals_by_volume on metric_totals (seconds, at, attempts);
create index metric_totals_by_failures on metric_totals (seconds, at, failed);

-- The same attempts by event type, error code and status of the response.
create table metric_keys (
  tenant_id text collate "C" not null,
  seconds integer not null,
  at timestamptz not null,
  -- type, error or status
  kind text collate "C" not null,
  -- empty: all that are beyond the number of keys that an interval may have
  key text collate "C" not null,
  attempts bigint not null,
  failed bigint not null,
  primary key (tenant_id, seconds, at, kind, key)
);
create index metric_keys_by_time on metric_keys (seconds, at);

-- The lateral select is an index look-up for each attempt. The plan is kept for as long as the connection, so it must not follow from how
-- small the tables were when it was made.
create function count_attempts() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  insert into metric_parts (tenant_id, at, event_type, error_code, response_status, attempts, delivered, exhausted, durations, latencies)
  select d.tenant_id, date_bin('1 minute', d.ended, '2000-01-01 00:00+00'), d.event_type, n.error_code, n.response_status,
    count(*),
    count(*) filter (where d.is_first_success),
    count(*) filter (where n.error_code is not null and d.ends_failed),
    -- the duration of a lost attempt is not known, and one without a request has none
    coalesce(array_agg(metric_bucket(n.duration_ms)) filter (where coalesce(n.error_code, '') not in
      ('outcome_unknown', 'secret_unreadable', 'profile_unknown', 'unsendable')), '{}'),
    -- a redelivery's success says nothing of how long the first one took
    coalesce(array_agg(metric_bucket(extract(epoch from d.ended - d.created_at)::double precision * 1000))
      filter (where d.is_first_success and n.trigger <> 'recovery' and isfinite(d.created_at)), '{}')
  from added n cross join lateral (
    select tenant_id, event_type, created_at, status = 'failed' and ended_at = now() as ends_failed,
      n.error_code is null and status = 'succeeded' and ended_at = now() and (n.number = 1 or not exists (
        select 1 from attempts e where e.delivery_id = n.delivery_id and e.number < n.number and e.error_code is null
      )) as is_first_success,
      -- an attempt may be recorded long after its end; a manual one does not say how long
      case when n.trigger <> 'manual' and attempted_at between now() - interval '1 day' and now() then attempted_at else now() end as ended
    from deliveries where id = n.delivery_id and not is_test offset 0
  ) d
  group by 1, 2, 3, 4, 5;
  return null;
end $$;
create trigger count_attempts after insert on attempts referencing new table as added
  for each statement execute function count_attempts();
