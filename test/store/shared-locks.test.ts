/** A tenant that holds locks waits for them alone: emits, records, claims and leases of other tenants go on. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { profileNamed } from '../../src/profiles/index.ts';
import type { AcceptRequest } from '../../src/store/accept-rows.ts';
import { createAcceptor } from '../../src/store/acceptor.ts';
import { alignEndpoints } from '../../src/store/backlog.ts';
import { claimDeliveries } from '../../src/store/claims.ts';
import { type Effects, noEffects } from '../../src/store/endpoint-effects.ts';
import { endLeases, expireLeases, renewLeases, returnLeases } from '../../src/store/leases.ts';
import { freeDeliveries } from '../../src/store/overdue.ts';
import { isPassing } from '../../src/store/pool.ts';
import { reserveRateLimit } from '../../src/store/rate-limits.ts';
import { createRecorder } from '../../src/store/recorder.ts';
import type { AttemptRecord } from '../../src/store/records.ts';
import { insertTenant, type Tenant } from '../../src/store/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
let a: Tenant;
let b: Tenant;
beforeEach(async () => {
  database = await createTestDatabase();
  const common = {
    profile: 'standard-webhooks',
    contacts: [],
    disableAfterS: null,
    payloadRetentionDays: null,
    externalId: null,
  };
  const insert = async (name: string) => (await insertTenant(database.db, { ...common, name })) as Tenant;
  [a, b] = [await insert('A'), await insert('B')];
  for (const { id } of [a, b]) {
    await database.db.query(
      `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, ordered, created_at, updated_at)
       values ($1, $2, '', '', 'example.com', true, true, now(), now())`,
      [endpointOf(id), id],
    );
  }
});
afterEach(() => database?.drop());

const endpointOf = (tenantId: string) => `ep_${tenantId}`;
const hash = createHash('sha256').update('1').digest();

/** Holds what a statement locks, or inserts, until `release` is called. */
async function hold(statement: string, values: unknown[] = []): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin');
  const { rowCount } = await client.query(statement, values);
  expect(rowCount).toBeGreaterThan(0);
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

function emit(tenant: Tenant, more: { id?: string; key?: string } = {}): AcceptRequest {
  return {
    tenant,
    profile: profileNamed('standard-webhooks'),
    events: [{ type: 'a.b', timestampMs: 0, data: '1', id: more.id, requestHash: hash }],
    idempotency: more.key === undefined ? null : { key: more.key, requestHash: hash },
    lease: null,
    maxDeliveries: 10,
  };
}

/** @returns whether it had not ended yet */
async function stillWaits(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise.catch(() => {}), sleep(0, 'waits')])) === 'waits';
}

describe('an emit of another tenant is accepted while one waits for', () => {
  test.each<[string, { id?: string; key?: string }, () => Promise<() => Promise<void>>]>([
    [
      'its ordered endpoint',
      {},
      () => hold('select 1 from endpoints where id = $1 for update', [endpointOf(a.id)]),
    ],
    [
      'its tenant, which is being deleted',
      {},
      () => hold('select 1 from tenants where id = $1 for update', [a.id]),
    ],
    [
      'the same Idempotency-Key in another process',
      { key: 'same' },
      () =>
        hold(
          `insert into idempotency_keys (tenant_id, key, request_hash, event_ids) values ($1, 'same', $2, '{}')`,
          [a.id, hash],
        ),
    ],
    [
      'the same id in another process',
      { id: 'same' },
      () =>
        hold(
          `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
           values ($1, 'same', 'same', 'a.b', now(), '', 0, 0, $2, false, now())`,
          [a.id, hash],
        ),
    ],
  ])('%s', async (_what, more, lock) => {
    const acceptor = createAcceptor(database.db);
    const release = await lock();
    // More than there are transactions, for each of both queues.
    const waiting = Promise.allSettled(Array.from({ length: 10 }, () => acceptor.accept(emit(a, more))));
    for (let n = 0; n < 10; n += 1) {
      const accepted = await acceptor.accept(emit(b));
      expect(accepted.fresh).toEqual({ events: 1, deliveries: 1 });
    }
    // Together with those that wait, too.
    const mixed = Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => acceptor.accept(emit(n % 2 ? a : b, n % 2 ? more : {}))),
    ).then((all) => all.filter((_, n) => n % 2 === 0));
    await Promise.all(Array.from({ length: 10 }, () => acceptor.accept(emit(b))));
    await release();
    expect((await mixed).map(({ status }) => status)).toEqual(Array(10).fill('fulfilled'));
    // Those that had to wait were accepted, or refused in words that say: try again.
    for (const each of await waiting)
      if (each.status === 'rejected') expect(isPassing(each.reason)).toBe(true);
    expect((await acceptor.accept(emit(a))).fresh.events).toBe(1);
    const { rows } = await database.db.query(
      `select status, held_reason, count(*) from deliveries where tenant_id = $1 group by 1, 2 order by 1`,
      [a.id],
    );
    // However they came in: one is on its way, the others are behind it.
    expect(rows).toEqual([
      { status: 'held', held_reason: 'ordered', count: expect.any(Number) },
      { status: 'pending', held_reason: null, count: 1 },
    ]);
  });
});

test('a tenant waits for its own lock, and its emits are accepted when it is free', async () => {
  const acceptor = createAcceptor(database.db);
  const release = await hold('select 1 from endpoints where id = $1 for update', [endpointOf(a.id)]);
  const accepted = acceptor.accept(emit(a));
  await acceptor.accept(emit(b));
  expect(await stillWaits(accepted)).toBe(true);
  await release();
  expect((await accepted).fresh).toEqual({ events: 1, deliveries: 1 });
});

/** An accepted, claimed delivery. */
async function claimed(tenant: Tenant, status = 'delivering'): Promise<string> {
  const { events } = await createAcceptor(database.db).accept(emit(tenant));
  const [delivery] = events[0]?.deliveries ?? [];
  await database.db.query(
    `update deliveries set status = $2, held_reason = null, claim_number = 1, claim_run = 'run', claim_trigger = 'schedule', claim_from = 'pending',
       claim_started_at = now(), claim_deadline = now() + interval '1 minute' where id = $1`,
    [delivery?.id, status],
  );
  return delivery?.id ?? '';
}

const recordOf = (tenant: Tenant, deliveryId: string, effects: Partial<Effects> = {}): AttemptRecord => ({
  deliveryId,
  number: 1,
  trigger: 'schedule',
  pressId: null,
  workflowId: 'workflow',
  runId: 'run',
  claimRunId: 'run',
  startedAtMs: Date.now(),
  durationMs: 1,
  endedAgoMs: 0,
  notBeforeMs: null,
  planVersion: 0,
  responseStatus: 200,
  errorCode: null,
  errorMessage: null,
  exchange: null,
  next: { status: effects.exhausted ? 'failed' : 'succeeded' },
  slotsUsed: 1,
  effects: { ...noEffects(endpointOf(tenant.id)), ...effects },
});

const QUEUES: Record<string, Partial<Effects>> = {
  'of a success': {},
  'of a success at an ordered endpoint': { releaseNext: true },
  'of a failure': { health: 'failing' },
  'of an exhaustion': { exhausted: true },
};
const LOCKS: Record<string, (deliveryIds: string[]) => [string, unknown[]]> = {
  'its endpoint': () => ['select 1 from endpoints where id = $1 for update', [endpointOf(a.id)]],
  'its delivery': (ids) => ['select 1 from deliveries where id = any($1) for update', [ids]],
  'another delivery at its endpoint': (ids) => [
    'select 1 from deliveries where endpoint_id = $1 and id <> all($2) for update',
    [endpointOf(a.id), ids],
  ],
  'what is said of it': (ids) => [
    `insert into operational_events (id, type, dedupe_key, data, created_at)
     select 'op ' || id, 'delivery.exhausted', 'delivery.exhausted ' || id || ' 1', '{}', now() from unnest($1::text[]) id`,
    [ids],
  ],
};

describe.each(Object.entries(QUEUES))('a record %s', (_queue, effects) => {
  test.each(Object.entries(LOCKS))("is written while another tenant's waits for %s", async (_what, lock) => {
    const recorder = createRecorder(database.db, { disableAfterMs: 60_000 });
    // More than there are transactions.
    const mine: string[] = [];
    for (let n = 0; n < 4; n += 1) mine.push(await claimed(a));
    await createAcceptor(database.db).accept(emit(a));
    const theirs = [await claimed(b), await claimed(b), await claimed(b)];
    const ended = effects.exhausted ? 'failed' : 'succeeded';
    const release = await hold(...lock(mine));
    const waiting = Promise.allSettled(mine.map((id) => recorder.record([recordOf(a, id, effects)])));
    for (const id of theirs) {
      const statuses = await recorder.record([recordOf(b, id, effects)]);
      expect(statuses.get(id)).toBe(ended);
    }
    await release();
    for (const each of await waiting)
      if (each.status === 'rejected') expect(isPassing(each.reason)).toBe(true);
    // Once more is no harm, and now it is written whatever came before.
    await Promise.all(mine.map((id) => recorder.record([recordOf(a, id, effects)])));
    const { rows } = await database.db.query(
      'select status, (select count(*) from attempts where delivery_id = d.id) as attempts from deliveries d where id = any($1)',
      [mine],
    );
    expect(rows).toEqual(mine.map(() => ({ status: ended, attempts: 1 })));
  });
});

test('a group is claimed without the delivery that another transaction is changing', async () => {
  const acceptor = createAcceptor(database.db);
  const [mine, theirs] = [await acceptor.accept(emit(a)), await acceptor.accept(emit(b))].map(
    ({ events }) => events[0]?.deliveries[0]?.id ?? '',
  ) as [string, string];
  const claim = () =>
    claimDeliveries(database.db, {
      deliveryIds: [mine, theirs],
      trigger: 'schedule',
      pressId: null,
      workflowId: 'workflow',
      runId: 'run',
    });
  const release = await hold('select 1 from deliveries where id = $1 for update', [mine]);
  const verdicts = (found: Awaited<ReturnType<typeof claim>>) =>
    Object.fromEntries(found.map(({ id, verdict, owned }) => [id, { verdict, owned }]));
  expect(verdicts(await claim())).toEqual({
    [mine]: { verdict: 'locked', owned: true },
    [theirs]: { verdict: 'claimed', owned: true },
  });
  await release();
  expect(verdicts(await claim())[mine]).toEqual({ verdict: 'claimed', owned: true });
});

test('leases of the others are kept, given back and ended, and stuck ones are freed', async () => {
  const acceptor = createAcceptor(database.db);
  const ids: string[] = [];
  for (const tenant of [a, b]) {
    const { events } = await acceptor.accept({ ...emit(tenant), lease: { owner: 'me', ms: 60_000 } });
    ids.push(events[0]?.deliveries[0]?.id ?? '');
  }
  const [mine = '', theirs = ''] = ids;
  const release = await hold('select 1 from deliveries where id = $1 for update', [mine]);
  const leasedUntil = async (id: string) =>
    (await database.db.query('select leased_until > now() as leased from deliveries where id = $1', [id]))
      .rows[0].leased;
  expect(await renewLeases(database.db, 'me', ids, 60_000)).toEqual([theirs]);
  await expireLeases(database.db, 'me', ids);
  expect([await leasedUntil(mine), await leasedUntil(theirs)]).toEqual([true, false]);
  await renewLeases(database.db, 'me', ids, 60_000);
  await endLeases(database.db, 'me');
  expect([await leasedUntil(mine), await leasedUntil(theirs)]).toEqual([true, false]);
  await returnLeases(database.db, 'me', ids);
  expect([await leasedUntil(mine), await leasedUntil(theirs)]).toEqual([true, null]);
  await database.db.query(`update deliveries set status = 'retrying' where id = $1`, [theirs]);
  await release();
  await database.db.query(`update deliveries set status = 'retrying' where id = $1`, [mine]);
  const again = await hold('select 1 from deliveries where id = $1 for update', [mine]);
  const stuck = ids.map((id) => ({ id, workflowId: null, runId: null, claimRun: null }));
  expect(await freeDeliveries(database.db, stuck)).toEqual([theirs]);
  await again();
});

test('a locked endpoint has no place in its rate for a moment, and the round that aligns endpoints goes on', async () => {
  await createAcceptor(database.db).accept(emit(a));
  await createAcceptor(database.db).accept(emit(b));
  await database.db.query('update endpoints set enabled = false');
  const release = await hold('select 1 from endpoints where id = $1 for update', [endpointOf(a.id)]);
  await reserveRateLimit(database.db, endpointOf(a.id), 1, 1, 1_000).then(
    () => expect(true).toBe(false),
    (error) => expect(isPassing(error)).toBe(true),
  );
  expect(await alignEndpoints(database.db, { endpoints: 10, pages: 10 })).toBe(1);
  await release();
  expect(await alignEndpoints(database.db, { endpoints: 10, pages: 10 })).toBe(1);
});
