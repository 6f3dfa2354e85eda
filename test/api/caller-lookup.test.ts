/** The look-up of API keys: many wrong keys cost the database little, and cost callers with a valid key nothing. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createCallerLookup } from '../../src/api/caller-lookup.ts';
import { createWrongKeyLimiter } from '../../src/api/wrong-key-limiter.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { insertKey } from '../../src/store/api-keys.ts';
import type { Db } from '../../src/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const wrongKey = () => randomBytes(32).toString('base64url');
const wrongKeys = (count: number) => Array.from({ length: count }, wrongKey);

async function goodKey(): Promise<{ id: string; value: string }> {
  const value = wrongKey();
  const common = { tenantId: null, scopes: [], name: null, ratePerSecond: null };
  const { id } = await insertKey(database.db, { kind: 'admin', ...common, value });
  return { id, value };
}

/** A caller lookup, and how many queries it has made. */
function callerLookup(wrongKeysPerS: number) {
  let queries = 0;
  const counted = new Proxy(database.db, {
    get(db, property) {
      if (property === 'query') queries += 1;
      const value = Reflect.get(db, property);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  }) as Db;
  const made = createCallerLookup({
    emitDb: counted,
    adminKey: 'the-admin-key-of-this-test',
    wrongKeysPerS,
    logger: createLogger('silent'),
  });
  return { ...made, queries: () => queries };
}

test('two thousand wrong keys at once are asked for in a handful of queries, and once more in none', async () => {
  const { findCaller, queries } = callerLookup(100_000);
  const keys = wrongKeys(2_000);
  const ask = () => Promise.all(keys.map((key) => findCaller(key, '192.0.2.1')));
  expect(new Set(await ask())).toEqual(new Set([null]));
  const asked = queries();
  // The first one alone, and the others in full groups.
  expect(asked).toBeLessThanOrEqual(6);
  await ask();
  // What was forgotten since costs a group again.
  expect(queries() - asked).toBeLessThanOrEqual(6);
});

test('a key is found among any number of wrong ones, with what is known of it', async () => {
  const { findCaller } = callerLookup(100_000);
  const { id, value } = await goodKey();
  const all = await Promise.all(
    [...wrongKeys(700), value, ...wrongKeys(700)].map((key) => findCaller(key, '192.0.2.1')),
  );
  expect(all.filter((each) => each !== null)).toMatchObject([{ id, kind: 'admin' }]);
});

test('a key whose row is locked is found, and so are the others', async () => {
  const { findCaller } = callerLookup(100);
  const [locked, other] = [await goodKey(), await goodKey()];
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin');
  await client.query('select 1 from api_keys where id = $1 for update', [locked.id]);
  const found = await Promise.all([locked, other].map(({ value }) => findCaller(value, '192.0.2.1')));
  expect(found.map((each) => each?.id)).toEqual([locked.id, other.id]);
  await client.query('rollback');
  await client.end();
});

test('an address that sends too many wrong keys is slowed down; the keys in use there, and other addresses, are not', async () => {
  const { findCaller, forget } = callerLookup(1);
  const [used, fresh, elsewhere] = [await goodKey(), await goodKey(), await goodKey()];
  const proxy = '192.0.2.1';
  expect((await findCaller(used.value, proxy))?.id).toBe(used.id);
  for (const key of wrongKeys(30)) await findCaller(key, proxy);
  const flood = Promise.allSettled(wrongKeys(3_000).map((key) => findCaller(key, proxy)));
  // Not remembered any more, and it passes the crowd all the same.
  forget(used.id);
  expect((await findCaller(used.value, proxy))?.id).toBe(used.id);
  expect((await findCaller(elsewhere.value, '192.0.2.2'))?.id).toBe(elsewhere.id);
  const refused = (await flood).flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  expect(refused.length).toBeGreaterThan(100);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['too_many_requests']));
  // Nobody is locked out: a key that is new here is found from there, too.
  expect((await findCaller(fresh.value, proxy))?.id).toBe(fresh.id);
});

test('a revoked key is not found once it is forgotten, and its trust is gone', async () => {
  const { findCaller, forget } = callerLookup(1);
  const { id, value } = await goodKey();
  await findCaller(value, '192.0.2.1');
  await database.db.query('update api_keys set revoked_at = now() where id = $1', [id]);
  forget(id);
  expect(await findCaller(value, '192.0.2.1')).toBeNull();
  await sleep(1_100);
  expect(await findCaller(value, '192.0.2.1')).toBeNull();
});

describe('addresses that count as one', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8::1', '2001:db8:0:0:5::1', true],
    ['::1', '::2', true],
    ['fe80::1%eth0', 'fe80::2', true],
  ])('%s and %s: %s', (one, other, same) => {
    const wrongKeys = createWrongKeyLimiter(1);
    for (let n = 0; n < 20; n += 1) wrongKeys.sentWrong(one);
    expect([wrongKeys.isSuspect(one), wrongKeys.isSuspect(other)]).toEqual([true, same]);
  });
});

test('an address that has sent no wrong keys for a while is not slowed down any more', () => {
  let nowMs = 0;
  const wrongKeys = createWrongKeyLimiter(2, () => nowMs);
  for (let n = 0; n < 1_000; n += 1) wrongKeys.sentWrong('a');
  expect(wrongKeys.isSuspect('a')).toBe(true);
  nowMs = 1_500;
  expect(wrongKeys.isSuspect('a')).toBe(false);
});
