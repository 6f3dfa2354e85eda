/**
 * The backlog of an endpoint follows a change of the endpoint, however large it is: a page at once, the rest by the reconciler.
 */

import { alignEndpoints, alignWaiting, releaseNext, WAITING_PAGE } from '../../src/store/backlog.ts';
import { failBroken } from '../../src/store/broken-rows.ts';
import { applyEffects, type Effects, noEffects, releaseStalled } from '../../src/store/endpoint-effects.ts';
import { deleteEndpoint, disableEndpoint } from '../../src/store/endpoints.ts';
import { transaction } from '../../src/store/pool.ts';
import { cancelWaitingOfTenant, deleteTenant } from '../../src/store/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());
beforeEach(async () => {
  await database.db.query('truncate endpoints, events, deliveries, operational_events cascade');
  await insertEndpoints(database.db, ['ep_1', 'ep_2']);
});

const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n + 1).padStart(6, '0')}`);
const insert = (prefix: string, count: number, columns: { status: string; [column: string]: string }) =>
  insertDeliveries(database.db, 'ep_1', ids(prefix, count), columns);
const held = (reason: string) => ({ status: "'held'", held_reason: `'${reason}'` });
const retrying = { status: "'retrying'", next_attempt_at: "now() + interval '1 day'", workflow_id: "'w'" };

const set = (columns: string, endpointId = 'ep_1') =>
  database.db.query(`update endpoints set ${columns} where id = $1`, [endpointId]);
const reconcile = (page = WAITING_PAGE, pages = 100) =>
  alignEndpoints(database.db, { endpoints: 500, pages, page });

/** How many there are of each status, reason and error, as `failed endpoint_disabled` and `held stalled`. */
async function counts(where = 'true'): Promise<Record<string, number>> {
  const { rows } = await database.db.query<{ state: string; n: number }>(
    `select concat_ws(' ', status, held_reason, last_error) as state, count(*) as n from deliveries where ${where} group by 1`,
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

async function idsThatAre(status: string): Promise<string[]> {
  const { rows } = await database.db.query<{ id: string }>(
    'select id from deliveries where status = $1 order by id',
    [status],
  );
  return rows.map(({ id }) => id);
}

const apply = (effects: Partial<Effects>) =>
  transaction(database.db, (client) =>
    applyEffects(client, [{ deliveryId: 'a000001', effects: { ...noEffects('ep_1'), ...effects } }], {
      disableAfterMs: 1e9,
    }),
  );

describe('a delivery with a broken row, at an ordered endpoint,', () => {
  beforeEach(async () => {
    await set('ordered = true');
    await insert('a', 1, { status: "'delivering'", claim_number: '1', claim_run: "'r'" });
    await insert('b', 2, held('ordered'));
  });

  test('lets the next one go when it is failed', async () => {
    expect(await failBroken(database.db, 'a000001')).toBe('failed');
    expect(await idsThatAre('pending')).toEqual(['b000001']);
  });

  test('is failed also while the endpoint is locked, and the reconciler lets the next one go', async () => {
    const client = await database.db.connect();
    await client.query(`begin; select 1 from endpoints where id = 'ep_1' for update`);
    expect(await failBroken(database.db, 'a000001')).toBe('failed');
    await client.query('rollback');
    client.release();
    expect(await idsThatAre('pending')).toEqual([]);
    await reconcile();
    expect(await idsThatAre('pending')).toEqual(['b000001']);
  });
});

test('more than a page waits at an endpoint that is gone: people are told of all, a page ends at once, the rest in a round', async () => {
  await insert('a', WAITING_PAGE, retrying);
  await insert('b', 2, retrying);
  await insert('c', 1, held('rate_limited'));
  await insert('d', 1, { status: "'delivering'", claim_number: '1' });
  await insert('e', 1, { status: "'pending'" });
  await database.db.query("update deliveries set is_test = true where id = 'e000001'");
  await insertDeliveries(database.db, 'ep_2', ['f'], { status: "'pending'" });
  await apply({ disable: true });
  expect(await counts()).toEqual({
    'failed endpoint_disabled': WAITING_PAGE,
    retrying: 2,
    'held rate_limited': 1,
    delivering: 1,
    pending: 2,
  });
  expect(await idsThatAre('retrying')).toEqual(['b000001', 'b000002']);
  const { rows } = await database.db.query(
    "select data from operational_events where type = 'endpoint.disabled'",
  );
  expect(rows.map(({ data }) => JSON.parse(data).deliveries_ended)).toEqual([WAITING_PAGE + 3]);
  const ends = () =>
    database.db.query(
      "select id, ended_at from deliveries where ended_status = 'failed' and id < 'b' order by id",
    );
  const before = await ends();
  expect(await reconcile()).toBe(3);
  expect(await counts()).toEqual({
    'failed endpoint_disabled': WAITING_PAGE + 3,
    delivering: 1,
    pending: 2,
  });
  expect((await ends()).rows).toEqual(before.rows);
  expect(await reconcile()).toBe(0);
});

test('the backlog of a deleted endpoint ends as deleted, whatever it waited for, and of none a notification is missing', async () => {
  await insert('a', WAITING_PAGE, { status: "'pending'" });
  for (const reason of ['stalled', 'ordered', 'rate_limited']) await insert(reason, 2, held(reason));
  await insert('r', 2, retrying);
  expect(await deleteEndpoint(database.db, 'ten', 'ep_1')).toBe(true);
  expect(await counts("status <> 'failed'")).toEqual({
    'held stalled': 2,
    'held ordered': 2,
    'held rate_limited': 2,
    retrying: 2,
  });
  expect(await reconcile()).toBe(8);
  expect(await counts("ended_status = 'failed' and told_at is not null and next_attempt_at is null")).toEqual(
    {
      'failed endpoint_deleted': WAITING_PAGE + 8,
    },
  );
});

test('an endpoint that is enabled again keeps what had not ended, and it goes on as it would have', async () => {
  await set('ordered = true');
  await insert('a', 1, retrying);
  for (const [at, turn] of [3, 1, 4, 2].entries())
    await insert(`b${at}`, 1, { ...held('ordered'), turn: String(turn) });
  await set("enabled = false, disabled_reason = 'manual'");
  expect(await alignWaiting(database.db, 'ep_1', 3)).toBe(3);
  // The head, and those whose turn was next.
  expect(await idsThatAre('failed')).toEqual(['a000001', 'b1000001', 'b3000001']);
  await set('enabled = true');
  expect(await reconcile(3)).toBe(0);
  expect(await idsThatAre('pending')).toEqual(['b0000001']);
  expect(await idsThatAre('held')).toEqual(['b2000001']);
  expect(await counts("status = 'failed'")).toEqual({ 'failed endpoint_disabled': 3 });
});

test('a stall holds a page at once and in a round what was accepted before it; what came after it goes', async () => {
  await insert('a', 1, { status: "'pending'" });
  await insert('b', WAITING_PAGE, retrying);
  await apply({ stall: true });
  expect(await counts()).toEqual({ 'held stalled': WAITING_PAGE, retrying: 1 });
  await insert('c', 2, { status: "'pending'" });
  await insert('d', 1, retrying);
  expect(await reconcile()).toBe(1);
  expect(await counts()).toEqual({ 'held stalled': WAITING_PAGE + 1, pending: 2, retrying: 1 });
  expect(await idsThatAre('pending')).toEqual(['c000001', 'c000002']);
  const { rows } = await database.db.query(
    "select 1 from deliveries where status = 'held' and (workflow_id is not null or next_attempt_at is not null)",
  );
  expect(rows).toEqual([]);
  expect(await reconcile()).toBe(0);
});

test('a success lets go a page of what was held, oldest first, and a round the rest; what was not held yet stays as it is', async () => {
  await insert('a', WAITING_PAGE + 2, held('stalled'));
  await insert('b', 1, retrying);
  await set('stalled_at = now()');
  await transaction(database.db, (client) => releaseStalled(client, 'ep_1'));
  expect(await counts()).toEqual({ pending: WAITING_PAGE, 'held stalled': 2, retrying: 1 });
  expect(await idsThatAre('held')).toEqual(ids('a', WAITING_PAGE + 2).slice(-2));
  expect(await reconcile()).toBe(2);
  expect(await counts()).toEqual({ pending: WAITING_PAGE + 2, retrying: 1 });
  expect(await reconcile()).toBe(0);
});

test.each([
  ['ordered', 'ordered = false', 'ordered = true'],
  ['rate_limited', 'rate_per_second = null', 'rate_per_second = 5'],
  ['stalled', 'stalled_at = null', 'stalled_at = now()'],
])(
  'held for nothing (%s) is let go page by page, and stays held where that is so again in between',
  async (reason, off, on) => {
    await set(on);
    await insert('a', 8, held(reason));
    // One is on its way: the turn of the ordered has not come.
    await insert('z', 1, { status: "'delivering'" });
    expect(await reconcile(3)).toBe(0);
    await set(off);
    expect(await alignWaiting(database.db, 'ep_1', 3)).toBe(3);
    expect(await idsThatAre('pending')).toEqual(['a000001', 'a000002', 'a000003']);
    await database.db.query("update deliveries set status = 'succeeded' where status = 'pending'");
    await set(on);
    expect(await reconcile(3)).toBe(0);
    expect(await counts()).toEqual({ succeeded: 3, [`held ${reason}`]: 5, delivering: 1 });
    await set(off);
    expect(await reconcile(3)).toBe(5);
    expect(await counts()).toEqual({ succeeded: 3, pending: 5, delivering: 1 });
  },
);

test('the backlog of an endpoint that is no longer ordered goes in the order of acceptance, a page at a time', async () => {
  for (const [at, turn] of [3, 1, 4, 2].entries())
    await insert(`a${at}`, 1, { ...held('ordered'), turn: String(turn) });
  expect(await alignWaiting(database.db, 'ep_1', 2)).toBe(2);
  expect(await idsThatAre('pending')).toEqual(['a1000001', 'a3000001']);
});

test('an ordered endpoint with nothing on its way gets the next one, and only that', async () => {
  await set('ordered = true');
  await insert('a', 4, held('ordered'));
  await reconcile(2);
  await reconcile(2);
  expect(await idsThatAre('pending')).toEqual(['a000001']);
  await transaction(database.db, (client) => releaseNext(client, 'ep_1'));
  expect(await idsThatAre('pending')).toEqual(['a000001']);
});

test('a round has an end, and a long backlog of one endpoint does not keep others waiting', async () => {
  await insert('a', 30, { status: "'pending'" });
  await insertDeliveries(database.db, 'ep_2', ids('b', 3), { status: "'pending'" });
  for (const id of ['ep_1', 'ep_2']) await set("enabled = false, disabled_reason = 'manual'", id);
  expect(await reconcile(2, 6)).toBe(2 + 2 + 2 + 1 + 2 + 2);
  expect(await counts("endpoint_id = 'ep_2'")).toEqual({ 'failed endpoint_disabled': 3 });
  expect(await counts("endpoint_id = 'ep_1'")).toEqual({ 'failed endpoint_disabled': 8, pending: 22 });
  expect(await reconcile(2)).toBe(22);
});

test('a delivery that is claimed while its page is chosen stays claimed', async () => {
  await insert('a', 3, { status: "'pending'" });
  await set("enabled = false, disabled_reason = 'manual'");
  const client = await database.db.connect();
  await client.query("begin; update deliveries set status = 'delivering' where id = 'a000002'");
  const round = reconcile();
  const waiters = async () =>
    (
      await database.db.query(
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      )
    ).rowCount;
  await eventually(waiters, (count) => count === 1);
  await client.query('commit');
  client.release();
  expect(await round).toBe(2);
  expect(await counts()).toEqual({ 'failed endpoint_disabled': 2, delivering: 1 });
});

test('two processes at the same time end each delivery once', async () => {
  await insert('a', 200, retrying);
  await disableEndpoint(database.db, 'ep_2', 'gone');
  await set("enabled = false, disabled_reason = 'gone'");
  const changed = await Promise.all([reconcile(7), reconcile(7)]);
  expect(changed.reduce((sum, n) => sum + n)).toBe(200);
  expect(await counts()).toEqual({ 'failed endpoint_disabled': 200 });
});

test("a deleted tenant's waiting deliveries are cancelled page by page, and only those", async () => {
  await insert('a', 7, retrying);
  await insert('b', 4, held('stalled'));
  await insert('c', 2, { status: "'succeeded'", ended_status: "'succeeded'" });
  await deleteTenant(database.db, 'ten');
  await cancelWaitingOfTenant(database.db, 'ten', 3);
  expect(await counts()).toEqual({ cancelled: 11, succeeded: 2 });
  expect(await counts('told_at is null')).toEqual({ succeeded: 2 });
  await database.db.query('update tenants set deleted_at = null');
});

test('the reconciler completes a deletion of a tenant that was interrupted', async () => {
  await insert('a', 7, retrying);
  await deleteTenant(database.db, 'ten');
  await reconcile(3);
  expect(await counts()).toEqual({ 'failed endpoint_deleted': 7 });
  await database.db.query('update tenants set deleted_at = null');
});
