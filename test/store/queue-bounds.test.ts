/** The bounds of the emit queue: what is beyond them is refused at once, and one tenant leaves room for others. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { profileNamed } from '../../src/profiles/index.ts';
import type { AcceptRequest } from '../../src/store/accept-rows.ts';
import { type Acceptor, createAcceptor } from '../../src/store/acceptor.ts';
import { insertTenant, type Tenant } from '../../src/store/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
let tenants: Tenant[];
beforeAll(async () => {
  database = await createTestDatabase();
  const common = {
    profile: 'standard-webhooks',
    contacts: [],
    disableAfterS: null,
    payloadRetentionDays: null,
    externalId: null,
  };
  tenants = [];
  for (const name of ['one', 'two', 'three'])
    tenants.push((await insertTenant(database.db, { ...common, name })) as Tenant);
});
afterAll(() => database?.drop());

const emit = (tenant: number, data = '1'): AcceptRequest => ({
  tenant: tenants[tenant] as Tenant,
  profile: profileNamed('standard-webhooks'),
  events: [{ type: 'a.b', timestampMs: 0, data, id: undefined, requestHash: Buffer.from('x') }],
  idempotency: null,
  lease: null,
  maxDeliveries: 10,
});

/** The database takes nothing until the returned function is called. */
async function standstill(): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin');
  await client.query('lock table endpoints in access exclusive mode');
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

/** How many of these were refused before anything was let go. */
async function refusedAtOnce(promises: Promise<unknown>[]): Promise<number> {
  let refused = 0;
  for (const each of promises)
    each.catch((error) => {
      expect(error).toMatchObject({ code: 'overloaded', status: 503, retryAfterS: expect.any(Number) });
      refused += 1;
    });
  await sleep(0);
  return refused;
}

const many = (acceptor: Acceptor, tenant: number, count: number, data?: string) =>
  Array.from({ length: count }, () => acceptor.accept(emit(tenant, data)));

test('emits beyond the number of requests are refused, and another tenant still has room', async () => {
  const acceptor = createAcceptor(database.db, { maxRequests: 20, maxBytes: 1e9, maxWaitMs: 60_000 });
  const letGo = await standstill();
  const first = many(acceptor, 0, 15);
  expect(await refusedAtOnce(first)).toBe(5);
  const second = many(acceptor, 1, 5);
  expect(await refusedAtOnce(second)).toBe(0);
  const third = many(acceptor, 2, 10);
  expect(await refusedAtOnce(third)).toBe(5);
  await letGo();
  const accepted = (await Promise.allSettled([...first, ...second, ...third])).filter(
    ({ status }) => status === 'fulfilled',
  );
  expect(accepted.length).toBe(20);
  // All that was taken has been given back.
  expect((await Promise.all(many(acceptor, 0, 10))).length).toBe(10);
});

test('emits beyond the bytes are refused, but a single one never for its size', async () => {
  const acceptor = createAcceptor(database.db, { maxRequests: 1e9, maxBytes: 1_000, maxWaitMs: 60_000 });
  const letGo = await standstill();
  const large = many(acceptor, 0, 1, JSON.stringify('x'.repeat(5_000)));
  expect(await refusedAtOnce(large)).toBe(0);
  const others = many(acceptor, 1, 3, JSON.stringify('x'.repeat(10)));
  expect(await refusedAtOnce(others)).toBe(3);
  await letGo();
  await Promise.all(large);
  expect((await Promise.all(many(acceptor, 1, 3, JSON.stringify('x'.repeat(10))))).length).toBe(3);
});

test('an emit that waits for too long is refused and never stored', async () => {
  const acceptor = createAcceptor(database.db, { maxRequests: 1e9, maxBytes: 1e9, maxWaitMs: 300 });
  const before = (await database.db.query('select count(*) as n from events')).rows[0].n;
  const letGo = await standstill();
  const all = many(acceptor, 0, 300);
  const settled = Promise.allSettled(all);
  // Some are in a transaction, and the others wait for one.
  await Promise.any(
    all.map((each) =>
      each.then(
        () => Promise.reject(),
        () => {},
      ),
    ),
  );
  await sleep(500);
  await letGo();
  const results = await settled;
  const stored = results.filter(({ status }) => status === 'fulfilled').length;
  const refused = results.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused)).toEqual(new Set(['overloaded']));
  const { rows } = await database.db.query('select count(*) as n from events');
  expect(rows[0].n - before).toBe(stored);
});
