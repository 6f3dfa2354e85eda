/**
 * Erased is erased. Whatever is done with an event and whenever it, or its tenant, is erased, also while it is on its way to a
 * receiver that repeats everything: afterwards no table, no history and no line of the log holds a word of it.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { type Received, type Receiver, startReceiver } from '../helpers/receiver.ts';

let database: TestDatabase;
let tidings: TestProcess;
let temporal: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  tidings = await startProcess('serve', {
    databaseUrl: database.url,
    taskQueue: `test-${randomUUID()}`,
    TIDINGS_LOG_LEVEL: 'trace',
    TIDINGS_RECONCILE_AFTER_S: '2',
    TIDINGS_NOTICE_INTERVAL_S: '1',
  });
  const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  temporal = new Client({ connection });
  await tidings.call('PUT', '/v1/operator/endpoint', { url: (await startReceiver(echo)).url });
}, 120_000);
afterAll(async () => {
  await temporal?.connection.close();
  await tidings?.stop();
}, 120_000);

const ACTIONS = [
  'wait',
  'retry',
  'cancel',
  'test',
  'rotate',
  'recover',
  'replay',
  'bulk',
  'disable',
  'enable',
  'emit again',
  'open portal',
] as const;

const scenario = fc.record({
  what: fc.constantFrom('payload' as const, 'tenant' as const),
  profile: fc.constantFrom('standard-webhooks', 'scorm-api'),
  /** the statuses of the first answers; the last one stays */
  statuses: fc.array(fc.constantFrom(200, 500, 302, 410), { minLength: 1, maxLength: 3 }),
  ordered: fc.boolean(),
  retrySchedule: fc.constantFrom([], [0.2], [0.2, 600]),
  actions: fc.array(fc.constantFrom(...ACTIONS), { maxLength: 5 }),
  eraseAt: fc.nat(5),
  /** the receiver answers the attempt under way only when the erasure was answered */
  duringPost: fc.boolean(),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** Repeats what came, in every place of the answer that is kept. */
function echo(response: ServerResponse, { body, path, headers }: Received, status = 200): void {
  const text = `${path} ${body.toString()} ${headers.authorization}`;
  response
    .writeHead(status, { 'x-echo': text.replaceAll(/[^\x20-\x7e]/g, ''), location: `/${words(text)}` })
    .end(`You sent ${text}`);
}

const words = (text: string) => text.replaceAll(/[^a-z0-9]/gi, '');

/** A receiver that can be told to hold its answers back. */
async function holding(
  statuses: number[],
): Promise<Receiver & { hold(): void; letGo(): void; held(): number }> {
  let isHolding = false;
  let count = 0;
  const answers: (() => void)[] = [];
  const receiver = await startReceiver((response, request) => {
    const status = statuses[Math.min(count, statuses.length - 1)] ?? 200;
    count += 1;
    if (isHolding) answers.push(() => echo(response, request, status));
    else echo(response, request, status);
  });
  return {
    ...receiver,
    held: () => answers.length,
    hold() {
      isHolding = true;
    },
    letGo() {
      isHolding = false;
      for (const answer of answers.splice(0)) answer();
    },
  };
}

/** @returns words that nothing may hold any more */
async function run(given: Scenario): Promise<string[]> {
  const id = randomUUID().replaceAll('-', '');
  const payloadWord = `payload${id}`;
  const tenantWords = [
    ...[
      'name',
      'contact',
      'path',
      'host',
      'description',
      'keyname',
      'header',
      'theme',
      'return',
      'kind',
      'old',
      'note',
    ],
  ].map((what) => `${what}${id}`);
  const [name, contact, path, host, description, keyName, header, theme, back, kind, old, note] =
    tenantWords as [string, ...string[]];
  const receiver = await holding(given.statuses);
  const call = async (method: string, where: string, body?: object, headers?: Record<string, string>) => {
    const answer = await tidings.call(method, where, body, headers);
    if (answer.status >= 500 && answer.status !== 503)
      throw new Error(`${method} ${where}: ${answer.status} ${answer.text}`);
    return answer;
  };
  const { body: tenant } = await call('POST', '/v1/tenants', {
    name,
    contacts: [`${contact}@example.com`],
    profile: given.profile,
  });
  const base = `/v1/tenants/${tenant.id}`;
  const common = { ordered: given.ordered, retry_schedule: given.retrySchedule, timeout_ms: 10_000 };
  const { body: endpoint } = await call('POST', `${base}/endpoints`, {
    ...common,
    url: `${receiver.url}/${path}?key=${path}`,
    description,
    headers: { 'x-own': header },
  });
  // A name that does not lead anywhere is told of in words that hold it.
  await call('POST', `${base}/endpoints`, { ...common, url: `http://${host}.localhost:1/${path}` });
  await call('POST', `${base}/endpoints`, {
    ...common,
    url: receiver.url,
    enabled: false,
    disabled_note: note,
  });
  const { body: key } = await call('POST', '/v1/keys', {
    ...{ kind: 'tenant', tenant: tenant.id, scopes: ['manage'], name: keyName },
  });
  const noKey = { 'x-api-key': '' };
  const signedIn = await call('POST', '/v1/sessions', { key: key.key }, noKey);
  /** one that is used, and links that are not */
  const openPortal = async (): Promise<string> => {
    const look = { theme: { name: theme }, return_url: `https://example.com/${back}` };
    await call('POST', `${base}/portal-sessions`, look);
    const { body: link } = await call('POST', `${base}/portal-sessions`, look);
    const code = /#code=(.+)$/.exec(link.url ?? '')?.[1] ?? 'none';
    return (await call('POST', '/v1/portal-sessions/exchange', { code }, noKey)).body.bearer;
  };
  const bearers = [await openPortal()];
  const type = given.profile === 'scorm-api' ? 'own.type' : 'a.b';
  const data = { word: payloadWord };
  await call('POST', `${base}/event-types`, {
    name: 'own.type',
    description: kind,
    schema: { type: 'object' },
    example: { word: 'example' },
  });
  await call('POST', `${base}/event-types`, { name: 'old.type', description: old, example: { word: old } });
  await call('DELETE', `${base}/event-types/old.type`);
  if (given.duringPost && given.eraseAt === 0) receiver.hold();
  const { body: event } = await call('POST', `${base}/events`, { type, data });
  const [delivery] = event.deliveries.map((each: any) => each.id);
  const since = { since: new Date(0).toISOString() };
  const acts: Record<(typeof ACTIONS)[number], () => Promise<unknown>> = {
    wait: () => sleep(250),
    retry: () => call('POST', `/v1/deliveries/${delivery}/retry`),
    cancel: () => call('POST', `/v1/deliveries/${delivery}/cancel`),
    test: () => (receiver.held() > 0 ? sleep(0) : call('POST', `${base}/endpoints/${endpoint.id}/test`, {})),
    rotate: () => call('POST', `${base}/endpoints/${endpoint.id}/secret/rotate`, {}),
    recover: () => call('POST', `${base}/endpoints/${endpoint.id}/recover`, since),
    replay: () => call('POST', `${base}/endpoints/${endpoint.id}/replay`, since),
    bulk: () => call('POST', `${base}/deliveries/retry`, { status: 'failed' }),
    disable: () => call('PATCH', `${base}/endpoints/${endpoint.id}`, { enabled: false }),
    enable: () => call('PATCH', `${base}/endpoints/${endpoint.id}`, { enabled: true }),
    // Of a tenant that is erased, nothing may come after it; of an event, it is another one.
    'emit again': () =>
      given.what === 'tenant' ? call('POST', `${base}/events`, { type, data }) : Promise.resolve(),
    'open portal': async () => bearers.push(await openPortal()),
  };
  const erase = async () => {
    if (given.duringPost) {
      receiver.hold();
      // By hand where nothing is on its way by itself.
      await acts.retry();
      await eventually(receiver.held, (held) => held > 0, 1_500).catch(() => {});
    }
    if (given.what === 'payload') {
      expect((await call('DELETE', `${base}/events/${event.id}/payload`)).status).toBe(200);
    } else {
      const { body } = await call('POST', `${base}/erase`);
      const operation = async () => (await call('GET', `/v1/operations/${body.id}`)).body.status;
      const over = eventually(operation, (status) => status === 'completed', 60_000);
      // An emit that has come just before, and one that comes just after.
      await acts['emit again']();
      await acts['open portal']();
      await over;
    }
    receiver.letGo();
  };
  for (const [at, action] of given.actions.entries()) {
    if (at === given.eraseAt) await erase();
    await acts[action as (typeof ACTIONS)[number]]();
  }
  if (given.eraseAt >= given.actions.length) await erase();
  receiver.letGo();
  if (given.what === 'tenant') {
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const open = [{ cookie }, ...bearers.map((bearer) => ({ authorization: `Bearer ${bearer ?? 'none'}` }))];
    for (const credential of open) {
      expect((await call('GET', base, undefined, { ...noKey, ...credential })).status).toBe(401);
    }
  }
  return given.what === 'payload' ? [payloadWord] : [payloadWord, ...tenantWords];
}

/** What a text holds, also where it is bytes in hexadecimal or base64. */
function readable(text: string): string {
  const hex = text.match(/(?<=\\x)[0-9a-f]{2,}/g) ?? [];
  const base64 = text.match(/[A-Za-z0-9+/]{12,}={0,2}/g) ?? [];
  return [
    text,
    ...hex.map((bytes) => Buffer.from(bytes, 'hex').toString()),
    ...base64.map((bytes) => Buffer.from(bytes, 'base64').toString()),
  ].join('\n');
}

async function everything(): Promise<Record<string, string>> {
  const { db } = database;
  const places: Record<string, string> = { log: tidings.log.join('\n') };
  const { rows: tables } = await db.query(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  for (const { name } of tables) {
    const { rows } = await db.query(`select row_to_json(t)::text as row from ${name} t`);
    places[name] = readable(rows.map(({ row }) => row.replaceAll('\\\\', '\\')).join('\n'));
  }
  const { rows: workflows } = await db.query(
    `select distinct id from (select workflow_id as id from attempts union select workflow_id from deliveries
       union select 'delivery_' || id from deliveries union select 'operation_' || id from operations) w where id is not null`,
  );
  const histories: string[] = [];
  for (const { id } of workflows) {
    const history = await temporal.workflow
      .getHandle(id)
      .fetchHistory()
      .catch(() => null);
    if (history !== null) histories.push(historyToJSON(history));
  }
  places.histories = readable(histories.join('\n'));
  return places;
}

test('whatever was done with an event, and whenever it was erased, nothing of it is left anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(scenario, { minLength: 10, maxLength: 16 }), async (scenarios) => {
      const gone = (await Promise.all(scenarios.map(run))).flatMap((found, at) =>
        found.map((word) => ({ word, scenario: scenarios[at] })),
      );
      // What was on its way has come to its end.
      await eventually(
        async () =>
          (
            await database.db.query(
              `select count(*) as n from deliveries where status in ('pending', 'delivering')`,
            )
          ).rows[0].n,
        (n) => n === 0,
        60_000,
      );
      await sleep(1_500);
      const places = await everything();
      // What is looked for can be found: the ids are everywhere.
      expect(Object.keys(places)).toEqual(
        expect.arrayContaining(['events', 'attempts', 'notices', 'histories']),
      );
      expect(places.histories?.length).toBeGreaterThan(1_000);
      const left = gone.flatMap(({ word, scenario }) =>
        Object.entries(places)
          .filter(([, text]) => text.includes(word))
          .map(([place, text]) => ({
            place,
            word,
            scenario,
            near: text.slice(Math.max(0, text.indexOf(word) - 200), text.indexOf(word) + 50),
          })),
      );
      expect(left.slice(0, 3)).toEqual([]);
    }),
    { numRuns: 4, endOnFailure: true },
  );
}, 600_000);

test('before the erasure, the words are found in every place that is searched', async () => {
  const receiver = await startReceiver((response, request) => echo(response, request, 500));
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'nameThatStays' });
  const base = `/v1/tenants/${tenant.id}`;
  await tidings.call('POST', `${base}/endpoints`, {
    url: `${receiver.url}/pathThatStays`,
    retry_schedule: [],
  });
  const { body: event } = await tidings.call('POST', `${base}/events`, {
    type: 'a.b',
    data: { word: 'payloadThatStays' },
  });
  await eventually(
    async () => (await tidings.call('GET', `/v1/deliveries/${event.deliveries[0].id}`)).body.status,
    (status) => status === 'failed',
  );
  const places = await everything();
  const where = (word: string) =>
    Object.keys(places)
      .filter((place) => places[place]?.includes(word))
      .sort();
  expect(where('payloadThatStays')).toEqual(['attempts', 'events']);
  expect(where('pathThatStays')).toEqual(['attempts', 'endpoints']);
  expect(where('nameThatStays')).toEqual(['tenants']);
  expect(where(event.id)).toEqual(expect.arrayContaining(['deliveries', 'events', 'operational_events']));
  expect(where(event.deliveries[0].id)).toEqual(expect.arrayContaining(['histories', 'attempts']));
}, 60_000);
