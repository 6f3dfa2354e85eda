/**
 * Attempts that overlap in time: the health of an endpoint follows the order in which they are recorded, and a press that fails leaves
 * the planned attempt exactly where it was, however long it took.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { type DecidedAttempt, decideAttempt } from '../../activities/attempt-outcome.ts';
import { type AttemptEndpoint, loadAttemptEndpoints } from '../../src/store/attempt-endpoints.ts';
import { type Claim, type ClaimedDelivery, claimDeliveries } from '../../src/store/claims.ts';
import { createRecorder } from '../../src/store/recorder.ts';
import { createVault } from '../../src/store/vault.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

const vault = createVault([{ id: 'one', key: randomBytes(32) }]);
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep']);
});
afterAll(() => database?.drop());

const DELIVERIES = ['dlv_0', 'dlv_1', 'dlv_2', 'dlv_3', 'dlv_test'];
const RETRY_S = 3_600;

async function begin(isOrdered: boolean): Promise<void> {
  const { db } = database;
  await db.query('truncate events, deliveries, attempts, operational_events cascade');
  await db.query(
    `update endpoints set failing_since = null, consecutive_failures = 0, warned_percent = 0, troubled_since = null, ordered = $1,
       retry_schedule = array_fill($2::double precision, array[30])`,
    [isOrdered, RETRY_S],
  );
  await insertDeliveries(db, 'ep', DELIVERIES, { status: "'pending'" });
  await db.query(`update deliveries set is_test = true where id = 'dlv_test'`);
}

type Begun = { delivery: ClaimedDelivery; claim: Claim; endpoint: AttemptEndpoint; planned: string | null };

const plannedAt = async (id: string): Promise<string | null> =>
  (await database.db.query('select next_attempt_at::text as at from deliveries where id = $1', [id])).rows[0]
    .at;

/** Begins an attempt, if the delivery may be attempted. */
async function start(id: string, isPress: boolean, number: number): Promise<Begun | null> {
  const { db } = database;
  if (!isPress)
    await db.query(`update deliveries set next_attempt_at = now() where id = $1 and status = 'retrying'`, [
      id,
    ]);
  const planned = await plannedAt(id);
  const endpoint = (await loadAttemptEndpoints(db, vault, [id])).get('ep');
  const [delivery] = await claimDeliveries(db, {
    ...{
      deliveryIds: [id],
      trigger: isPress ? 'manual' : 'schedule',
      pressId: isPress ? `press_${number}` : null,
    },
    ...{ workflowId: 'workflow', runId: `run_${number}` },
  });
  if (delivery?.verdict !== 'claimed' || delivery.claim === null || endpoint === undefined) return null;
  return { delivery, claim: delivery.claim, endpoint, planned };
}

function ended(begun: Begun, status: number, retryAfterMs: number | null, endedAgoMs = 0): DecidedAttempt {
  const seen = {
    ...{ status, retryAfterMs, endedAgoMs, error: status < 300 ? null : ('http_status' as const) },
    ...{ errorMessage: null, startedAtMs: Date.now(), durationMs: 1, exchange: null },
  };
  return decideAttempt({ ...begun, seen, workflowId: 'workflow', random: 0.5, group: 0 });
}

const step = fc.record({
  which: fc.nat(DELIVERIES.length - 1),
  does: fc.constantFrom('begins', 'begins', 'is pressed', 'succeeds', 'fails', 'fails'),
});

test.each([false, true])(
  'an endpoint is failing exactly when the attempt that was recorded last has failed (ordered: %s)',
  async (isOrdered) => {
    const recorder = createRecorder(database.db, { disableAfterMs: 1e9 });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
        await begin(isOrdered);
        const underWay = new Map<string, Begun>();
        let failures = 0;
        for (const { which, does } of steps) {
          const id = DELIVERIES[which] ?? '';
          const begun = underWay.get(id);
          if (does === 'begins' || does === 'is pressed') {
            if (begun !== undefined) continue;
            number += 1;
            const started = await start(id, does === 'is pressed', number);
            if (started !== null) underWay.set(id, started);
            continue;
          }
          if (begun === undefined) continue;
          underWay.delete(id);
          const { record } = ended(begun, does === 'succeeds' ? 200 : 500, null);
          await recorder.record([record]);
          if (id !== 'dlv_test') failures = does === 'succeeds' ? 0 : failures + 1;
          const { rows } = await database.db.query(
            `select consecutive_failures as failures, failing_since is not null as failing from endpoints where id = 'ep'`,
          );
          expect(rows).toEqual([{ failures, failing: failures > 0 }]);
        }
      }),
      { numRuns: 60 },
    );
  },
  120_000,
);

test.each([
  ['at once', 0, null, 0],
  ['after a while', 300, null, 0],
  ['and was found lost only two minutes later', 0, null, 120_000],
  ['asking for less time than is planned', 50, 1_000, 0],
])(
  'a press that fails %s leaves the planned time exactly where it was',
  async (_how, tookMs, retryAfterMs, agoMs) => {
    const recorder = createRecorder(database.db, { disableAfterMs: 1e9 });
    await begin(false);
    const first = await start('dlv_0', false, 1);
    await recorder.record([ended(first as Begun, 500, null).record]);
    const planned = await plannedAt('dlv_0');
    const press = (await start('dlv_0', true, 2)) as Begun;
    expect(press.planned).toBe(planned);
    await sleep(tookMs);
    const { record, entry } = ended(press, 500, retryAfterMs, agoMs);
    await recorder.record([record]);
    expect(await plannedAt('dlv_0')).toBe(planned);
    const { rows } = await database.db.query(
      `select extract(epoch from next_attempt_at - clock_timestamp())::double precision * 1000 as ms from deliveries where id = 'dlv_0'`,
    );
    // The workflow sleeps until then: what passes until it is asked for makes the difference.
    const late = (entry.retryAfterMs ?? 0) - rows[0].ms;
    expect(late).toBeGreaterThanOrEqual(-5);
    expect(entry.retryAfterMs).toBeLessThanOrEqual(RETRY_S * 1_100 - tookMs);
  },
);

test('a press whose receiver asks for more time than is planned moves the planned attempt by that', async () => {
  const recorder = createRecorder(database.db, { disableAfterMs: 1e9 });
  await begin(false);
  await recorder.record([ended((await start('dlv_0', false, 1)) as Begun, 500, null).record]);
  const planned = Date.parse((await plannedAt('dlv_0')) ?? '');
  const press = (await start('dlv_0', true, 2)) as Begun;
  await recorder.record([ended(press, 503, 4 * RETRY_S * 1_000).record]);
  expect(Date.parse((await plannedAt('dlv_0')) ?? '') - planned).toBeGreaterThan(RETRY_S * 1_000);
});
