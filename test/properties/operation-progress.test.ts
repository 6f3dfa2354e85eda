/**
 * An operation's numbers add up and count what they say at every moment, whatever happens to its deliveries meanwhile: presses, other
 * cancellations, new failures, a disabled endpoint, a stop.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { advanceOperation } from '../../activities/advance-operation.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { newId } from '../../src/domain/ids.ts';
import {
  matchingSelection,
  type Operation,
  type OperationKind,
  recoverSelection,
  replaySelection,
  type Selection,
} from '../../src/domain/operation.ts';
import { databaseTime } from '../../src/store/database-clock.ts';
import { cancelDeliveries } from '../../src/store/deliveries.ts';
import { disableEndpoint } from '../../src/store/endpoints.ts';
import {
  failOperation,
  findOperation,
  finishOperation,
  insertOperation,
  listUnfinishedOperations,
  tally,
} from '../../src/store/operations.ts';
import { countSelected } from '../../src/store/selection-counts.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const since = new Date(0).toISOString();
const filter = { since: null, until: null, eventTypes: null, errorCode: null };
const rest = { responseStatus: null };
const KINDS: { name: string; kind: OperationKind; selection: Selection; isOfAll?: true }[] = [
  { name: 'recover', kind: 'recover', selection: recoverSelection(since, null) },
  {
    name: 'replay',
    kind: 'replay',
    selection: replaySelection(since, null, { eventTypes: null, onlyMissing: false }),
  },
  {
    name: 'bulk retry of what failed',
    kind: 'bulk_retry',
    selection: matchingSelection({ statuses: ['failed'], ...filter, ...rest, unsendable: false }),
    isOfAll: true,
  },
  {
    name: 'bulk retry of what waits',
    kind: 'bulk_retry',
    selection: matchingSelection({ statuses: ['retrying'], ...filter, ...rest, unsendable: false }),
  },
  {
    name: 'bulk cancel',
    kind: 'bulk_cancel',
    selection: matchingSelection({
      statuses: ['pending', 'delivering', 'retrying', 'held'],
      ...{ ...filter, ...rest, unsendable: true },
    }),
    isOfAll: true,
  },
];

/** What may happen between two looks at an operation, to the delivery of that number. */
const HAPPENINGS = [
  'page',
  'succeeds',
  'fails',
  'is pressed',
  'press succeeds',
  'press fails',
  'is cancelled',
  'a new one fails',
  'is disabled',
  'stop',
  'break',
] as const;
type Happening = (typeof HAPPENINGS)[number];

/** An operation on the deliveries of an endpoint of its own, and what truly became of them. */
async function begin({ kind, selection, isOfAll }: (typeof KINDS)[number], atLeast: boolean) {
  const { db } = database;
  const endpointId = newId('endpoint');
  await insertEndpoints(db, [endpointId]);
  // What an earlier run has left is of an endpoint that is gone, so that a selection of all endpoints is of this one.
  await db.query('delete from operation_deliveries');
  await db.query('delete from deliveries');
  await db.query('delete from events');
  const ids: string[] = [];
  const add = async (status: string, more: object = {}) => {
    const id = newId('delivery');
    ids.push(id);
    await insertDeliveries(db, endpointId, [id], { status: `'${status}'`, ...more });
    await db.query('update events set sort_id = $2 where id = $1', [id, newId('event')]);
  };
  const ended = { ended_at: 'now()', ended_status: "'failed'" };
  for (let n = 0; n < 3; n += 1) {
    await add('failed', ended);
    await add('retrying');
    await add('succeeded', { ...ended, ended_status: "'succeeded'" });
    await add('pending');
  }
  // An event that it has missed.
  await add('failed');
  await db.query('delete from deliveries where id = $1', [ids.at(-1)]);

  const selected = { tenantId: 'ten', endpointId: isOfAll ? null : endpointId, selection };
  const startedAt = await databaseTime(db);
  const { count: matched } = await countSelected(db, { ...selected, asOf: startedAt });
  const { id } = await insertOperation(db, { kind, ...selected, perSecond: 2, matched, atLeast, startedAt });

  /** events by what the operation has made of them */
  const taken = new Map<string, 'open' | 'done' | 'failed'>();
  const statuses = async () => {
    const { rows } = await db.query<{ id: string; event: string; status: string; claimed: boolean }>(
      `select id, event_id as event, status, claim_number is not null as claimed from deliveries where endpoint_id = $1 order by id`,
      [endpointId],
    );
    return rows;
  };
  const look = async () => {
    const rows = await statuses();
    for (const [event, state] of taken) {
      const status = rows.find((row) => row.event === event)?.status ?? '';
      if (state === 'open' && ['succeeded', 'failed', 'cancelled'].includes(status))
        taken.set(event, status === 'succeeded' ? 'done' : 'failed');
    }
    return rows;
  };
  const page = async () => {
    const before = await look();
    const step = await advanceOperation({ db } as ActivityDeps, { operationId: id });
    const { rows: set } = await db.query<{ event: string }>(
      `select d.event_id as event from operation_deliveries o join deliveries d on d.id = o.delivery_id where o.operation_id = $1`,
      [id],
    );
    for (const { event } of set) if (!taken.has(event)) taken.set(event, 'open');
    if (kind !== 'bulk_cancel') return step;
    for (const row of await statuses()) {
      const was = before.find((each) => each.id === row.id)?.status;
      if (row.status === 'cancelled' && was !== 'cancelled') taken.set(row.event, 'done');
    }
    return step;
  };
  const ends = (delivery: string, status: string) =>
    db.query(
      `update deliveries set status = $2, ended_status = $2, ended_at = clock_timestamp()
       where id = $1 and status in ('pending', 'delivering', 'retrying', 'held') and claim_number is null`,
      [delivery, status],
    );
  const pressEnds = (delivery: string, status: string | null) =>
    db.query(
      `update deliveries set status = coalesce($2, claim_from), claim_number = null,
         ended_at = case when $2 is null then ended_at else clock_timestamp() end where id = $1 and claim_number is not null`,
      [delivery, status],
    );

  const happen = async (what: Happening, which: number) => {
    const rows = await statuses();
    const row = rows[which % Math.max(1, rows.length)];
    const delivery = row?.id ?? '';
    const isCounted = ['done', 'failed'].includes(taken.get(row?.event ?? '') ?? '');
    switch (what) {
      case 'page':
        return void (await page());
      case 'succeeds':
        return void (await ends(delivery, 'succeeded'));
      case 'fails':
        return void (await ends(delivery, 'failed'));
      case 'is pressed':
        // How a press ends counts or not, as it comes before or after the count.
        if (isCounted) return;
        return void (await db.query(
          `update deliveries set claim_from = status, status = 'delivering', claim_number = 9
           where id = $1 and claim_number is null and status <> 'pending'`,
          [delivery],
        ));
      case 'press succeeds':
        for (const { id: each, claimed } of rows) if (claimed) await pressEnds(each, 'succeeded');
        return;
      case 'press fails':
        for (const { id: each, claimed } of rows) if (claimed) await pressEnds(each, null);
        return;
      case 'is cancelled':
        return void (await cancelDeliveries(db, [delivery]));
      case 'a new one fails':
        await sleep(2);
        return add('failed', { ...ended, ended_at: 'clock_timestamp()' });
      case 'is disabled':
        return disableEndpoint(db, endpointId, 'failing');
      case 'stop':
        if (await finishOperation(db, id, 'cancelled')) await tally(db, id);
        return;
      case 'break':
        return void (await failOperation(db, id));
    }
  };

  const check = async (): Promise<Operation> => {
    const rows = await look();
    const operation = (await findOperation(db, id)) as Operation;
    const count = (state: string) => [...taken.values()].filter((each) => each === state).length;
    expect(operation.done + operation.failed + operation.open + operation.skipped).toBe(operation.matched);
    expect([operation.done, operation.failed]).toEqual([count('done'), count('failed')]);
    if (operation.status === 'completed') expect(operation.open).toBe(0);
    if (operation.status !== 'running') {
      expect(operation.open).toBe(count('open'));
      // Nothing that came to match later is among them.
      if (!atLeast) expect([operation.matched, operation.skipped]).toEqual([matched, matched - taken.size]);
      const isOpen = count('open') > 0;
      const { rows: untallied } = await db.query(
        'select 1 from operation_deliveries where operation_id = $1 and ended is null',
        [id],
      );
      if (isOpen) expect(untallied.length).toBeGreaterThan(0);
    }
    expect(rows.length).toBeGreaterThan(0);
    return operation;
  };

  /** Everything ends, and the operation with it. */
  const settle = async () => {
    for (let n = 0; n < 60; n += 1) {
      const { done } = await page();
      for (const row of await statuses()) await ends(row.id, row.id.endsWith('0') ? 'failed' : 'succeeded');
      await happen('press fails', 0);
      await check();
      if (done) break;
    }
    const operation = await check();
    expect(operation.status).not.toBe('running');
    expect(operation.open).toBe(0);
    await db.query(`update operations set started_at = started_at - interval '1 minute' where id = $1`, [id]);
    expect(await listUnfinishedOperations(db)).not.toContain(id);
  };
  return { happen, check, settle };
}

const happenings = fc.array(fc.tuple(fc.constantFrom(...HAPPENINGS), fc.nat(12)), {
  minLength: 3,
  maxLength: 14,
});

describe.each(KINDS)('$name', (wanted) => {
  test('whatever happens meanwhile: the numbers add up, and each counts what it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), happenings, async (atLeast, steps) => {
        const { happen, check, settle } = await begin(wanted, atLeast);
        await check();
        for (const [what, which] of steps) {
          await happen(what, which);
          await check();
        }
        await settle();
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  test.each(HAPPENINGS)('half of it is done, then: %s', async (what) => {
    const { happen, check, settle } = await begin(wanted, false);
    await happen('page', 0);
    await check();
    for (let n = 0; n < 12; n += 1) {
      await happen(what, n);
      await check();
    }
    await settle();
  });
});
