/** An upgrade of an installation with half a million deliveries stops nobody: events are emitted and read while it runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MIGRATIONS } from '../../src/package-root.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { Db } from '../../src/store/pool.ts';
import { createPool } from '../../src/store/pool.ts';
import { createEmptyDatabase, type TestDatabase } from '../helpers/database.ts';
import { migrateAsBefore } from '../helpers/old-schema.ts';

const ROWS = 500_000;
const ENDPOINTS = 1_000;
const IDS = `generate_series(1, ${ROWS}) n, lpad(n::text, 8, '0') id`;
/** The schema before the indexes that once stopped everybody. */
const OLD = '0008_traceparent.sql';
const EMITTERS = 3;
const LONG_READ_S = 3;

let database: TestDatabase;
beforeAll(async () => {
  database = await createEmptyDatabase();
  const patient = createPool(database.url, { max: 1, patient: true });
  await migrateAsBefore(patient, OLD);
  await patient.query(`
    -- half a million checks of each foreign key say nothing here
    set session_replication_role = replica;
    insert into tenants (id, name, profile, contacts, created_at) values ('ten', 'Many', 'standard-webhooks', '{}', now());
    insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
      select 'ep_' || n, 'ten', '', '', '', true, now(), now() from generate_series(1, ${ENDPOINTS}) n;
    insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
      select 'ten', id, id, 'a.b', now(), '{}', 0, 2, '', false, now() from ${IDS};
    insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, held_reason, created_at)
      select id, 'ten', id, 'ep_' || (n % ${ENDPOINTS} + 1), 'a.b', false,
        (array['succeeded', 'retrying', 'held', 'failed'])[n % 4 + 1], case when n % 4 = 2 then 'stalled' end, now()
      from ${IDS};
    insert into attempts (delivery_id, number, trigger, started_at, duration_ms)
      select id, 1, 'schedule', now(), 5 from ${IDS};
    analyze`);
  await patient.end();
}, 180_000);
afterAll(() => database?.drop());

/** What the release of that schema does for one event: accept it, claim its delivery, record its attempt, show the list. */
async function emitAsBefore(db: Db, id: string): Promise<void> {
  const endpoint = `ep_${(Number(id.replace(/\D/g, '')) % ENDPOINTS) + 1}`;
  const client = await db.connect();
  try {
    await client.query('begin');
    await client.query(
      `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test,
         created_at, traceparent)
       values ('ten', $1, $1, 'a.b', now(), '{}', 0, 2, '', false, now(), null) on conflict do nothing`,
      [id],
    );
    await client.query(
      'select id from endpoints where tenant_id = $1 and deleted_at is null and enabled order by id',
      ['ten'],
    );
    await client.query(
      `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, body, status, leased_by, leased_until,
         created_at)
       values ($1, 'ten', $1, $2, 'a.b', false, null, 'pending', 'me', now(), now())`,
      [id, endpoint],
    );
    await client.query('commit');
    await client.query(
      `update deliveries set status = 'delivering', claim_number = 1, claim_started_at = now() where id = $1`,
      [id],
    );
    await client.query(
      `insert into attempts (delivery_id, number, trigger, started_at, duration_ms) values ($1, 1, 'schedule', now(), 5)`,
      [id],
    );
    await client.query(`update deliveries set status = 'succeeded', ended_at = now() where id = $1`, [id]);
    await client.query('update endpoints set consecutive_failures = 0, updated_at = now() where id = $1', [
      endpoint,
    ]);
    await client.query('select id from deliveries where endpoint_id = $1 order by id desc limit 51', [
      endpoint,
    ]);
  } finally {
    client.release();
  }
}

test('no emit and no read takes a second, beside somebody who reads for several', async () => {
  const db = createPool(database.url, { max: EMITTERS + 1 });
  const migrating = createPool(database.url, { max: 1, patient: true });
  let isOver = false;
  const durationsMs: number[] = [];
  const emitters = Array.from({ length: EMITTERS }, async (_, emitter) => {
    for (let n = 0; !isOver; n += 1) {
      const began = performance.now();
      await emitAsBefore(db, `new_${emitter}_${n}`);
      durationsMs.push(performance.now() - began);
      await sleep(5);
    }
  });
  const reader = (async () => {
    while (!isOver) {
      await db.query(`select count(*), pg_sleep(${LONG_READ_S}) from deliveries where endpoint_id = 'ep_1'`);
      await sleep(50);
    }
  })();
  await sleep(500);
  const applied = await migrate(migrating, MIGRATIONS);
  isOver = true;
  await Promise.all([...emitters, reader]);
  await migrating.end();
  await db.end();

  expect(applied).toContain('0011_waiting_by_kind.sql');
  expect(durationsMs.length).toBeGreaterThan(100);
  expect(Math.max(...durationsMs)).toBeLessThan(1_000);
  const { rows } = await database.db.query(
    `select (select count(*) from deliveries where id like 'new%' and status = 'succeeded') as delivered,
       (select count(*) from pg_index where not indisvalid) as broken`,
  );
  expect(rows).toEqual([{ delivered: durationsMs.length, broken: 0 }]);
}, 180_000);
