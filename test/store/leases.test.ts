/** Leases: a dispatcher takes the oldest deliveries, leaves out those of crowded endpoints, and takes none that another holds. */
import { takeLeases } from '../../src/store/leases.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());
beforeEach(() => database.db.query('truncate endpoints, events, deliveries cascade'));

/** Pending deliveries whose ids sort in the order of these calls. */
async function pending(endpointId: string, count: number, prefix: string): Promise<void> {
  await insertEndpoints(database.db, [endpointId]);
  const ids = Array.from({ length: count }, (_, n) => `${prefix}${String(n + 1).padStart(6, '0')}`);
  await insertDeliveries(database.db, endpointId, ids, { status: "'pending'" });
}

const take = (limit: number, except: string[] = []) =>
  takeLeases(database.db, 'dispatcher', { limit, leaseMs: 30_000, except });

test('a dispatcher takes the oldest first, each once, and again when its lease has run out', async () => {
  await pending('ep_1', 3, 'a');
  await pending('ep_2', 3, 'b');
  const first = await take(4);
  expect(first.map(({ id }) => id)).toEqual(['a000001', 'a000002', 'a000003', 'b000001']);
  expect(first.every(({ offeredBefore }) => !offeredBefore)).toBe(true);
  expect(await take(4)).toHaveLength(2);
  expect(await take(4)).toEqual([]);
  await database.db.query("update deliveries set leased_until = now() where id = 'a000002'");
  expect(await take(4)).toMatchObject([{ id: 'a000002', offeredBefore: true }]);
});

test('with a crowded endpoint left out, all others are found, though they are younger', async () => {
  await pending('ep_crowd', 5_000, 'a');
  for (let n = 0; n < 30; n += 1) await pending(`ep_${n}`, 3, `b${String(n).padStart(2, '0')}_`);
  const taken = [await take(50, ['ep_crowd']), await take(50, ['ep_crowd']), await take(50, ['ep_crowd'])];
  expect(taken.map((rows) => rows.length)).toEqual([50, 40, 0]);
  expect(new Set(taken.flat().map(({ id }) => id)).size).toBe(90);
  expect(taken.flat().filter(({ endpointId }) => endpointId === 'ep_crowd')).toEqual([]);
});

test('with a crowded endpoint left out, no other endpoint takes the whole page', async () => {
  await pending('ep_crowd', 10, 'a');
  await pending('ep_large', 500, 'b');
  await pending('ep_small', 1, 'c');
  const taken = await take(1_000, ['ep_crowd']);
  expect(taken.filter(({ endpointId }) => endpointId === 'ep_large')).toHaveLength(100);
  expect(taken.filter(({ endpointId }) => endpointId === 'ep_small')).toHaveLength(1);
});
