/** The progress of an operation is counted page by page, however large it is, and each delivery once. */
import {
  countRunningOperations,
  findOperation,
  finishOperation,
  insertOperation,
  tally,
} from '../../src/store/operations.ts';
import { transaction } from '../../src/store/pool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep_1']);
});
afterEach(() => database?.drop());

async function operationOn(ids: string[]) {
  const { db } = database;
  const operation = await insertOperation(db, {
    kind: 'recover',
    tenantId: 'ten',
    endpointId: 'ep_1',
    selection: {
      statuses: ['failed'],
      since: null,
      until: null,
      eventTypes: null,
      errorCode: null,
      missing: false,
    },
    perSecond: 100,
    matched: ids.length,
    atLeast: false,
  });
  await db.query(
    'insert into operation_deliveries (operation_id, delivery_id) select $1, unnest($2::text[])',
    [operation.id, ids],
  );
  return operation.id;
}

test('a selection that a version before could not carry out is stored so that it cannot be misread', async () => {
  const { db } = database;
  const plain = {
    statuses: ['failed' as const],
    since: null,
    until: null,
    eventTypes: null,
    errorCode: null,
    missing: false,
  };
  const matching = { ...plain, matching: { responseStatus: 503, unsendable: false } };
  for (const [selection, hasStatuses] of [
    [plain, true],
    [matching, false],
  ] as const) {
    const made = await insertOperation(db, {
      kind: 'bulk_retry',
      tenantId: 'ten',
      endpointId: null,
      selection,
      perSecond: 100,
      matched: 0,
      atLeast: false,
    });
    expect(made.selection).toEqual(selection);
    expect((await findOperation(db, made.id))?.selection).toEqual(selection);
    const { rows } = await db.query(
      `select params->'statuses' is not null as "hasStatuses" from operations where id = $1`,
      [made.id],
    );
    expect(rows).toEqual([{ hasStatuses }]);
  }
});

const end = (ids: string[], status: string) =>
  database.db.query('update deliveries set status = $2 where id = any($1)', [ids, status]);

test('each delivery that has ended is counted once, in pages that go round until nothing is open', async () => {
  const { db } = database;
  const ids = Array.from({ length: 25 }, (_, n) => `dlv_${String(n).padStart(3, '0')}`);
  await insertDeliveries(db, 'ep_1', ids, { status: "'pending'" });
  const id = await operationOn(ids);
  // The first ones take long: the others are counted all the same.
  await end(ids.slice(10, 20), 'succeeded');
  await end(ids.slice(20), 'failed');
  const steps = [];
  for (let n = 0; n < 3; n += 1) steps.push(await tally(db, id, 10));
  expect(steps).toEqual([
    { isOpen: true, goesOn: true },
    { isOpen: true, goesOn: true },
    { isOpen: true, goesOn: false },
  ]);
  expect(await findOperation(db, id)).toMatchObject({ done: 10, failed: 5 });
  // Asked for in between, what has ended since is there too.
  await end(ids.slice(0, 4), 'succeeded');
  expect(await findOperation(db, id)).toMatchObject({ done: 14, failed: 5 });
  await end(ids.slice(4, 10), 'cancelled');
  // At once, from two sides.
  await Promise.all([tally(db, id, 100), tally(db, id, 100)]);
  expect(await tally(db, id, 100)).toEqual({ isOpen: false, goesOn: false });
  await finishOperation(db, id, 'completed');
  expect(await findOperation(db, id)).toMatchObject({ done: 14, failed: 11, status: 'completed' });
});

test("counting a tenant's running operations takes the tenant's lock, so that two cannot both take the last place", async () => {
  const { db } = database;
  await operationOn([]);
  let counted: number | undefined;
  await transaction(db, async (client) => {
    expect(await countRunningOperations(client, 'ten')).toBe(1);
    const other = transaction(db, async (second) => {
      counted = await countRunningOperations(second, 'ten');
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(counted).toBeUndefined();
    await client.query(`update operations set status = 'completed'`);
    setTimeout(() => other, 0);
  });
  while (counted === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(counted).toBe(0);
});
