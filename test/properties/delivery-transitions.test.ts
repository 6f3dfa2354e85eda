/** Random sequences of everything that changes deliveries change their rows only as the transition table allows. */
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { decideAttempt, type SeenAttempt } from '../../activities/attempt-outcome.ts';
import { ENDED_STATUSES } from '../../src/domain/delivery.ts';
import { TRANSITIONS, transitionsOf } from '../../src/domain/delivery-transitions.ts';
import { profileNamed } from '../../src/profiles/index.ts';
import { acceptPatiently } from '../../src/store/accept.ts';
import { loadAttemptEndpoints } from '../../src/store/attempt-endpoints.ts';
import { alignWaiting } from '../../src/store/backlog.ts';
import { failBroken } from '../../src/store/broken-rows.ts';
import {
  type Claim,
  type ClaimedDelivery,
  claimDeliveries,
  endUnsent,
  releaseClaim,
} from '../../src/store/claims.ts';
import { cancelDeliveries } from '../../src/store/deliveries.ts';
import { insertOperation } from '../../src/store/operations.ts';
import { freeDeliveries } from '../../src/store/overdue.ts';
import { transaction } from '../../src/store/pool.ts';
import { holdForRateLimit, releaseDue } from '../../src/store/rate-limits.ts';
import { createRecorder } from '../../src/store/recorder.ts';
import { redeliverPage } from '../../src/store/redelivery.ts';
import { beginReplan, releaseMoved, replanPage } from '../../src/store/replan.ts';
import { cancelWaitingPage, insertTenant, type Tenant } from '../../src/store/tenants.ts';
import { createVault } from '../../src/store/vault.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const PROFILES = ['standard-webhooks', 'lessonly'];
const vault = createVault([{ id: 'one', key: randomBytes(32) }]);
let database: TestDatabase;
let tenants: Tenant[];
/** names of the transitions that were seen, over all runs */
const seenTransitions = new Set<string>();

beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query(`
    create table changes (at bigserial, "from" text, "to" text, changed text[], now json);
    create function note_change() returns trigger language plpgsql as $$ begin
      if tg_op = 'INSERT' or old.status <> new.status then
        insert into changes ("from", "to", changed, now) values (
          case when tg_op = 'INSERT' then 'none' else old.status end, new.status,
          case when tg_op = 'INSERT' then '{}' else array(
            select n.key from jsonb_each(to_jsonb(new)) n join jsonb_each(to_jsonb(old)) o on o.key = n.key
            where n.value is distinct from o.value and n.key <> 'status') end,
          to_json(new));
      end if;
      return new;
    end $$;
    create trigger note_change after insert or update on deliveries for each row execute function note_change();`);
});
afterAll(() => database?.drop());

async function begin(): Promise<void> {
  const { db } = database;
  await db.query(
    'truncate tenants, endpoints, events, deliveries, attempts, operations, operational_events, changes cascade',
  );
  tenants = [];
  for (const profile of PROFILES) {
    const tenant = await insertTenant(db, {
      name: profile,
      profile,
      contacts: [],
      disableAfterS: null,
      payloadRetentionDays: null,
      externalId: null,
    });
    if (tenant === null) throw new Error('A tenant is there already');
    tenants.push(tenant);
    await db.query(
      `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, retry_schedule, created_at, updated_at)
       values ($1, $2, '', '', 'example.com', true, '{60}', now(), now())`,
      [`ep_${profile}`, tenant.id],
    );
  }
}

const claims = new Map<string, { delivery: ClaimedDelivery; claim: Claim }>();

async function someDelivery(pick: number): Promise<string | undefined> {
  const { rows } = await database.db.query<{ id: string }>('select id from deliveries order by id');
  return rows[pick % Math.max(1, rows.length)]?.id;
}

function someClaim(pick: number) {
  const all = [...claims.values()];
  const chosen = all[pick % Math.max(1, all.length)];
  if (chosen !== undefined) claims.delete(chosen.delivery.id);
  return chosen;
}

const seen = (status: number, retryAfterMs: number | null): SeenAttempt => ({
  status,
  error: status < 300 ? null : 'http_status',
  errorMessage: null,
  retryAfterMs,
  startedAtMs: Date.now(),
  durationMs: 1,
  endedAgoMs: 0,
  exchange: null,
});

/** What can happen, by name; `pick` chooses which delivery, endpoint or claim. */
const HAPPENINGS: Record<string, (pick: number) => Promise<unknown>> = {
  async emit(pick) {
    const tenant = tenants[pick % tenants.length] as Tenant;
    const data = `{"n":${pick}}`;
    await transaction(database.db, (client) =>
      acceptPatiently(client, [
        {
          tenant,
          profile: profileNamed(tenant.profile),
          events: [
            {
              type: 'a.b',
              timestampMs: Date.now(),
              data,
              id: undefined,
              requestHash: createHash('sha256').update(data).digest(),
            },
          ],
          idempotency: null,
          lease: pick % 3 === 0 ? { owner: 'here', ms: 1_000 } : null,
          maxDeliveries: 10,
          ...(pick % 5 === 0 && { testEndpointId: `ep_${tenant.profile}` }),
        },
      ]),
    );
  },
  async claim(pick) {
    const id = await someDelivery(pick);
    if (id === undefined) return;
    const isPress = pick % 3 === 0;
    // As if the time had come.
    await database.db.query(
      'update deliveries set next_attempt_at = now() where id = $1 and next_attempt_at is not null',
      [id],
    );
    const claimed = await claimDeliveries(database.db, {
      deliveryIds: [id],
      trigger: isPress ? 'manual' : 'schedule',
      pressId: isPress ? `press_${pick}` : null,
      workflowId: `workflow_${pick % 2}`,
      runId: `run_${pick}`,
    });
    for (const delivery of claimed)
      if (delivery.verdict === 'claimed' && delivery.claim !== null)
        claims.set(id, { delivery, claim: delivery.claim });
  },
  async record(pick) {
    const taken = someClaim(pick);
    if (taken === undefined) return;
    const { delivery, claim } = taken;
    const endpoint = (await loadAttemptEndpoints(database.db, vault, [delivery.id])).get(delivery.endpointId);
    if (endpoint === undefined) return;
    const status = [200, 500, 500, 410, 503][pick % 5] as number;
    const { record } = decideAttempt({
      delivery,
      claim,
      endpoint,
      seen: seen(status, pick % 3 === 0 ? 1_000 : null),
      workflowId: 'workflow_0',
      random: 0.5,
      group: 0,
    });
    await createRecorder(database.db, { disableAfterMs: 1e9 }).record([record]);
  },
  async 'give back'(pick) {
    const taken = someClaim(pick);
    if (taken !== undefined) await releaseClaim(database.db, taken.delivery.id, taken.claim.runId, 1_000);
  },
  async 'end unsent'(pick) {
    const taken = someClaim(pick);
    if (taken?.delivery.endedStatus === null)
      await endUnsent(database.db, taken.delivery.id, taken.claim.runId, 'payload_erased');
  },
  async 'hold for the rate limit'(pick) {
    const taken = someClaim(pick);
    if (taken !== undefined) await holdForRateLimit(database.db, taken.delivery.id, taken.claim.runId);
  },
  async cancel(pick) {
    const id = await someDelivery(pick);
    if (id !== undefined) await cancelDeliveries(database.db, [id]);
  },
  async 'change the endpoint'(pick) {
    const change = [
      ...['enabled = false', 'enabled = true', 'ordered = true', 'ordered = false', 'rate_per_second = 1'],
      ...['rate_per_second = null', 'stalled_at = now()', 'stalled_at = null', 'rate_per_second = 1000'],
    ][pick % 9];
    const id = `ep_${PROFILES[pick % 2]}`;
    await database.db.query(`update endpoints set ${change} where id = $1`, [id]);
    await alignWaiting(database.db, id);
  },
  'release what is due': () => releaseDue(database.db, 2_000),
  async 'shorten the schedule'(pick) {
    const id = `ep_${PROFILES[pick % 2]}`;
    await beginReplan(database.db, id, { delaysS: [0, 0, 0], jitter: 0 });
    await replanPage(database.db, id);
    await releaseMoved(database.db, 100);
  },
  async 'lose a workflow'(pick) {
    const { rows } = await database.db.query(
      `select id, workflow_id as "workflowId", run_id as "runId", claim_run as "claimRun" from deliveries
       where status in ('delivering', 'retrying') order by id`,
    );
    const lost = rows[pick % Math.max(1, rows.length)];
    if (lost === undefined) return;
    claims.delete(lost.id);
    await freeDeliveries(database.db, [lost]);
  },
  async redeliver(pick) {
    const at = pick % tenants.length;
    await transaction(database.db, async (client) => {
      const operation = await insertOperation(client, {
        kind: 'replay',
        tenantId: tenants[at]?.id ?? '',
        endpointId: `ep_${PROFILES[at]}`,
        selection: {
          // Of what waits only a bulk retry asks for.
          statuses: pick % 4 === 0 ? ['retrying'] : [...ENDED_STATUSES],
          since: new Date(0).toISOString(),
          until: null,
          eventTypes: null,
          errorCode: null,
          missing: true,
        },
        perSecond: 100,
        matched: 0,
        atLeast: false,
      });
      let cursor: string | null = '';
      while (cursor !== null) ({ cursor } = await redeliverPage(client, { ...operation, cursor }, 100, null));
    });
  },
  async 'break a row'(pick) {
    const id = pick % 4 === 0 ? await someDelivery(pick) : undefined;
    if (id === undefined) return;
    claims.delete(id);
    await failBroken(database.db, id);
  },
  async 'delete the tenant'(pick) {
    const tenant = pick % 8 === 0 ? tenants[pick % tenants.length] : undefined;
    if (tenant !== undefined) await cancelWaitingPage(database.db, tenant.id);
  },
};

type Change = { from: string; to: string; changed: string[]; now: Record<string, unknown> };

/** What holds for a row of each status. */
function faultOf({ to, now }: Change): string | null {
  if (to === 'held' && now.held_reason === null) return 'is held for nothing';
  if (to !== 'held' && to !== 'delivering' && now.held_reason !== null) return 'has a reason to be held';
  if (to === 'delivering' && now.claim_number === null) return 'is sent by nobody';
  if (['pending', 'retrying', 'held'].includes(to) && now.claim_number !== null)
    return 'waits and is claimed';
  if (
    (ENDED_STATUSES as readonly string[]).includes(to) &&
    (now.ended_status !== to || now.ended_at === null)
  )
    return 'has ended and does not say so';
  if (['pending', 'retrying', 'held'].includes(to) && now.ended_status !== null) return 'waits and has ended';
  return null;
}

test('every change of a status is one of the table, and leaves a row that makes sense', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(HAPPENINGS)), fc.nat(1e6)), {
    minLength: 30,
    maxLength: 60,
  });
  const property = fc.asyncProperty(steps, async (happenings) => {
    await begin();
    claims.clear();
    for (let n = 0; n < 6; n += 1) await HAPPENINGS.emit?.(n + 1);
    for (const [name, pick] of happenings) {
      await HAPPENINGS[name]?.(pick);
      // Most deliveries are sent, whatever else happens.
      await HAPPENINGS.claim?.(pick + 1);
      if (pick % 2 === 0) await HAPPENINGS.record?.(pick);
    }
    const { rows } = await database.db.query('select "from", "to", changed, now from changes order by at');
    const changes: Change[] = rows.map((row) => ({ ...row, now: JSON.parse(row.now) }));
    const wrong = changes.filter((change) => {
      const possible = transitionsOf(change.from as never, change.to as never, change.changed);
      for (const { name } of possible) seenTransitions.add(name);
      return possible.length === 0 || faultOf(change) !== null;
    });
    expect(wrong.map((change) => [change.from, change.to, change.changed, faultOf(change)])).toEqual([]);
  });

  // The first ones are always the same, so that every transition is seen.
  await fc.assert(property, { seed: 1, numRuns: 12 });
  await fc.assert(property, { numRuns: 12, interruptAfterTimeLimit: 90_000 });
}, 180_000);

test('every transition of the table has been seen', () => {
  expect(TRANSITIONS.map(({ name }) => name).filter((name) => !seenTransitions.has(name))).toEqual([]);
});

test('a change that no transition allows is found', () => {
  expect(transitionsOf('succeeded', 'retrying', [])).toEqual([]);
  expect(transitionsOf('held', 'pending', ['attempt_count'])).toEqual([]);
});
