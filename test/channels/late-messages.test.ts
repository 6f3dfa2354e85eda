/**
 * A message about an endpoint says what is true when it is sent, however the endpoint has changed since what it tells of: what happened is
 * told in the past, and what to do fits the endpoint as it is.
 */
import { endpointLetter } from '../../src/channels/endpoint-email.ts';
import { newId } from '../../src/domain/ids.ts';
import type { EndpointMessage } from '../../src/domain/notification.ts';
import { readContent } from '../../src/store/message-content.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const HOUR_MS = 3_600_000;
const DISABLE_AFTER_MS = 10 * HOUR_MS;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();

/** What the message tells of: it happened five hours ago, or is not known. */
const HAPPENED = {
  'it kept failing': { type: 'endpoint.failing', data: { percent: 50, disabled_at: hoursAgo(1) } },
  'it was switched off for its failures': { type: 'endpoint.disabled', data: { reason: 'failing' } },
  'it answered 410': { type: 'endpoint.disabled', data: { reason: 'gone', deliveries_ended: 3 } },
  'it worked again': { type: 'endpoint.recovered', data: {} },
} as const;

/** How the endpoint is when the message is sent: SQL assignments, and what may be said of it then. */
const STATES = {
  'fails, and will be switched off': {
    set: `failing_since = now() - interval '9 hours'`,
    mustNot: /com works again|deleted|is disabled|next attempt that fails/,
  },
  'fails, and its time is over': {
    set: `failing_since = now() - interval '11 hours'`,
    mustNot: /com works again|deleted|is disabled|or later/,
  },
  works: {
    set: 'failing_since = null',
    mustNot: /keeps failing|deleted|is disabled|or later|nothing more is sent/i,
  },
  'is disabled': {
    set: `enabled = false, failing_since = now() - interval '11 hours'`,
    mustNot:
      /com works again|keeps failing|deleted|still delivered|enabled again since|or later|attempt that fails/,
  },
  'is disabled, after it worked': {
    set: `enabled = false, failing_since = null`,
    mustNot:
      /com works again|keeps failing|deleted|still delivered|enabled again since|or later|attempt that fails/,
  },
  'is deleted': {
    set: `deleted_at = now(), failing_since = now() - interval '9 hours'`,
    mustNot:
      /com works again|keeps failing|still delivered|\/retry|\/recover|"enabled":true|or later|attempt that fails/,
  },
  'is deleted and disabled': {
    set: 'deleted_at = now(), enabled = false, failing_since = null',
    mustNot: /com works again|keeps failing|still delivered|\/retry|\/recover|"enabled":true|is disabled/,
  },
  'has another URL': {
    set: `masked_url = 'https://new.example.com/', failing_since = now() - interval '9 hours'`,
    mustNot: /new\.example\.com\/ answered|old\.example\.com/,
  },
};

const cases = Object.keys(HAPPENED).flatMap((what) =>
  Object.keys(STATES).flatMap((state) =>
    [true, false].flatMap((isKnown) => [true, false].map((gaveUp) => ({ what, state, isKnown, gaveUp }))),
  ),
);

test.each(cases)('$what; now it $state (known: $isKnown, given up: $gaveUp)', async (each) => {
  const { db } = database;
  const { type, data } = HAPPENED[each.what as keyof typeof HAPPENED];
  const { set, mustNot } = STATES[each.state as keyof typeof STATES];
  const [endpoint, event, notice] = [newId('endpoint'), newId('operationalEvent'), newId('notification')];
  await insertEndpoints(db, [endpoint]);
  await db.query(`insert into notices (id, tenant_id, endpoint_id) values ($1, 'ten', $2)`, [
    notice,
    endpoint,
  ]);
  // Of a tenant that was erased, nothing is known.
  const known = { ...data, failing_since: hoursAgo(10), consecutive_failures: 7 };
  await db.query(
    `insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
     values ($1, $2, 'ten', $3, $1, $4, now() - interval '5 hours')`,
    [event, type, endpoint, JSON.stringify(each.isKnown ? known : {})],
  );
  await db.query('insert into notice_events (event_id, notice_id) values ($1, $2)', [event, notice]);
  const delivery = newId('delivery');
  await insertDeliveries(db, endpoint, each.gaveUp ? [delivery] : [], {
    ...{ status: "'failed'", ended_status: "'failed'", ended_at: 'now()', attempt_count: '2' },
    notice_id: `'${notice}'`,
  });
  await db.query(`update endpoints set masked_url = 'https://old.example.com/' where id = $1`, [endpoint]);
  await db.query(`update endpoints set ${set} where id = $1`, [endpoint]);

  const content = await readContent(db, endpoint, [notice], { limit: 20, disableAfterMs: DISABLE_AFTER_MS });
  const common = { about: 'endpoint', id: 'msg', recipient: null } as const;
  const message: EndpointMessage = { ...common, tenant: { id: 'ten', name: 'Acme' }, ...content };
  const letter = JSON.stringify(
    endpointLetter(message, { api: 'https://tidings.example.com', dashboard: null }),
  ).replaceAll('\\"', '"');

  expect(letter).not.toMatch(mustNot);
  expect(letter).not.toMatch(/1970|undefined|null|NaN|Invalid|"since":""/);
  // What is to come is to come.
  const announced = [...letter.matchAll(/(\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT) or later/g)];
  for (const [, time] of announced) expect(Date.parse(time ?? '')).toBeGreaterThan(Date.now());
  if (each.state === 'fails, and will be switched off' && each.what === 'it kept failing')
    expect(announced).toHaveLength(1);
  if (each.state.startsWith('is deleted')) expect(letter).toContain('deleted');
  else if (each.state.startsWith('is disabled')) expect(letter).toMatch(/enable/);
  expect(letter).not.toContain('is switched off on');
});
