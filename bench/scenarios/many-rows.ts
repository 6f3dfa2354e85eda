/** A burst into empty tables, and the same burst when a million deliveries have been made: does a delivery cost more then? */
import type pg from 'pg';
import { type Measured, measure, type Work, warmUp } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

const ROWS = 1_000_000;
const STEP = 50_000;

export const manyRows: Scenario = {
  name: 'many-rows',
  title: '5,000 events, 32 emitters, one endpoint, into 1,000 rows and into 1,000,000',
  roles: ['serve'],
  async run(bench) {
    const targets = [await tenant(bench, { endpoints: 1 })];
    await warmUp(bench, [warmUpStream(bench, targets)]);
    const events = bench.size(5_000);
    const burst: Work = { streams: [{ name: 'burst', targets, events, emitters: 32 }], expected: events };
    const before = await measure(bench, burst);
    const rows = bench.size(ROWS);
    await copyDelivered(bench.stack.db, rows);
    const after = await measure(bench, burst);
    const cpuOf = ({ cpuMs }: Measured) => Object.values(cpuMs).reduce((sum, ms) => sum + ms, 0);
    return {
      ...after,
      extra: {
        ...after.extra,
        rows,
        'delivered/s before': before.deliveredPerS ?? 0,
        'CPU ms before': cpuOf(before),
        'CPU ms after / before': cpuOf(after) / cpuOf(before),
        'delivered/s after / before': (after.deliveredPerS ?? 0) / (before.deliveredPerS ?? Number.NaN),
      },
    };
  },
};

/** Makes so many copies of the newest delivered event, its delivery and its attempt, older than all others. */
async function copyDelivered(db: pg.Pool, count: number): Promise<void> {
  for (let from = 0; from < count; from += STEP) {
    await db.query(
      `with delivered as (
         select id from deliveries where status = 'succeeded' order by id desc limit 1
       ), copies as (
         select lpad(n::text, 26, '0') as id from generate_series($1::int, $2::int) n
       ), copied_events as (
         insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash,
           is_test, created_at)
         select tenant_id, 'evt_' || c.id, 'evt_' || c.id, type, occurred_at, body, data_start, data_end, request_hash,
           is_test, created_at
         from copies c, events e where e.id = (select event_id from deliveries where id = (select id from delivered))
       ), copied_deliveries as (
         insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, attempt_count,
           slots_used, ended_status, ended_at, last_response_status, leased_by, workflow_id, run_id, told_at, created_at)
         select 'dlv_' || c.id, tenant_id, 'evt_' || c.id, endpoint_id, event_type, is_test, status, attempt_count,
           slots_used, ended_status, ended_at, last_response_status, leased_by, workflow_id, run_id, told_at, created_at
         from copies c, deliveries d where d.id = (select id from delivered)
       )
       insert into attempts (delivery_id, number, trigger, workflow_id, run_id, started_at, duration_ms, request_url,
         request_headers, response_status, response_headers, response_body, response_truncated)
       select 'dlv_' || c.id, number, trigger, workflow_id, run_id, started_at, duration_ms, request_url,
         request_headers, response_status, response_headers, response_body, response_truncated
       from copies c, attempts a where a.delivery_id = (select id from delivered)`,
      [from, Math.min(from + STEP, count) - 1],
    );
  }
  // As autovacuum does in time.
  for (const table of ['events', 'deliveries', 'attempts']) await db.query(`vacuum analyze ${table}`);
  await db.query('checkpoint');
}
