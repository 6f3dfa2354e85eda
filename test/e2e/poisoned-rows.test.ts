/**
 * A poisoned row stops nobody. Every column of every table is set to what a person or a fault could leave there, each in the
 * rows of a tenant of its own; then everything is asked for, and everything that goes round goes round.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { pruneScheduleId } from '../../src/temporal/schedules.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { openEventStream } from '../helpers/event-stream.ts';
import { eventually } from '../helpers/eventually.ts';
import { type MailServer, startMailServer } from '../helpers/mail-server.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY } from '../helpers/service.ts';

/** By type as PostgreSQL names it; SQL, tried in this order. The first are the most harmful. */
const POISONS: Record<string, string[]> = {
  text: [`E'\\x01\\u202e' || repeat('x', 3000)`, `''`, 'null'],
  timestamptz: [`'infinity'`, `'-infinity'`, `'294000-12-31'`, 'null'],
  int4: ['2147483647', '-2147483648', 'null'],
  int2: ['32767', '-32768'],
  int8: ['9223372036854775807', '-9223372036854775808', 'null'],
  float8: [`'NaN'`, `'Infinity'`, '0', '-1'],
  bool: ['not $column', 'null'],
  bytea: [`'\\x00ff5c27'`, `''`, 'null'],
  json: [`'null'`, `'[1,"\\u0000"]'`, `'"text"'`, `'{"failing_since":"never","percent":[]}'`],
  jsonb: [`'null'`, `'[1]'`, `'"text"'`],
  _text: [`'{NULL}'`, `array['', E'\\x01']`, `'{}'`],
  _int2: [`'{NULL,-1,32767}'`, `'{}'`],
  _int4: [`'{NULL,-1,2147483647}'`, `'{}'`],
  _float8: [`'{NaN,Infinity,-1,NULL}'`, `'{}'`],
  uuid: ['gen_random_uuid()'],
};
const ALL_VALUES = process.env.TIDINGS_LONG_TESTS === '1';
/** `table.column` or `table`, separated by commas, to look at some alone. */
const ONLY = process.env.TEST_POISON?.split(',');
const VALUES = ALL_VALUES || ONLY !== undefined ? 9 : 1;
/** Hold nothing of a tenant, or only what is folded within seconds (test/store/metric-folding damages that). */
const NO_TENANTS = ['schema_migrations', 'sign_in_codes', 'metric_parts'];
const ALL_TENANTS_LISTS = [
  '/v1/tenants',
  '/v1/keys',
  '/v1/sessions',
  '/v1/operational-events',
  '/v1/audit-log',
  '/v1/deliveries',
  '/v1/endpoints',
];
const ALL_TENANTS_SUMS = [
  '/v1/metrics/overview',
  '/v1/operator/status',
  '/v1/operator/limits',
  '/metrics',
  '/readyz',
];
/** What is the same for everybody, or has nothing of a tenant's rows in it. */
const NOBODYS = [
  'DELETE /v1/operator/endpoint',
  'DELETE /v1/portal-sessions/current',
  'DELETE /v1/sessions/current',
  'GET /healthz',
  'GET /v1/operator/endpoint',
  'GET /v1/profiles',
  'GET /v1/profiles/{profile}',
  'GET /v1/profiles/{profile}/samples',
  'POST /api/v1/webhooks',
  'POST /v1/sign-in-codes',
  'PUT /v1/operator/endpoint',
];
const NO_KEY = { 'x-api-key': '' };
const PROFILES = ['standard-webhooks', 'scorm-api'];

type Victim = {
  poison: string;
  set: { table: string; column: string; value: string };
  tenant: string;
  endpoints: string[];
  event: string;
  deliveries: string[];
  operation: string;
  emit: { body: object; headers: Record<string, string> };
  type: string;
  /** a key of its own, a session with it, and a portal session */
  credentials: Record<string, string>[];
  portalSession: string;
  keyId: string;
  session: string;
};

/** How the rows of a tenant are found: by the first of these columns that a table has. */
const OWNERS = [
  ['tenant_id', 'tenant_id = $1'],
  ['delivery_id', 'delivery_id in (select id from deliveries where tenant_id = $1)'],
  ['endpoint_id', 'endpoint_id in (select id from endpoints where tenant_id = $1)'],
  ['operation_id', 'operation_id in (select id from operations where tenant_id = $1)'],
  ['notice_id', 'notice_id in (select id from notices where tenant_id = $1)'],
  ['counter', `counter like '%' || $1 || '%'`],
] as const;

let database: TestDatabase;
let tidings: TestProcess;
let mail: MailServer;
const taskQueue = `test-${randomUUID()}`;
beforeAll(async () => {
  database = await createTestDatabase();
  mail = await startMailServer();
  tidings = await startProcess('serve', {
    databaseUrl: database.url,
    taskQueue,
    TIDINGS_RECONCILE_AFTER_S: '2',
    TIDINGS_NOTICE_INTERVAL_S: '1',
    TIDINGS_LOG_LEVEL: 'info',
    SMTP_URL: mail.url,
  });
}, 120_000);
afterAll(async () => {
  await tidings?.stop();
  await mail?.close();
}, 120_000);

async function columns(): Promise<{ table: string; column: string; value: string }[]> {
  const { rows } = await database.db.query<{ table: string; column: string; type: string }>(
    `select c.table_name as "table", c.column_name as "column", c.udt_name as type from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
     order by 1, c.ordinal_position`,
  );
  return rows
    .filter(({ table }) => !NO_TENANTS.includes(table))
    .filter(
      ({ table, column }) =>
        ONLY === undefined || ONLY.includes(table) || ONLY.includes(`${table}.${column}`),
    )
    .flatMap(({ table, column, type }) => {
      const values = POISONS[type];
      if (values === undefined) throw new Error(`What poisons a ${type} (${table}.${column})?`);
      return values.slice(0, VALUES).map((value) => ({ table, column, value }));
    });
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as Item, at);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

const asked = new Set<string>();

const call: TestProcess['call'] = (method, path, ...more) => {
  asked.add(`${method} ${path.replace(/\?.*/, '')}`);
  return tidings.call(method, path, ...more);
};

/** The routes of the API reference that nothing has asked. */
function unasked(): string[] {
  const { paths } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'docs', 'openapi.json'), 'utf8'));
  return Object.entries<object>(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .filter((route) => {
      const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      return ![...asked].some((each) => pattern.test(each));
    })
    .sort();
}

async function ok(method: string, path: string, body?: object, headers?: Record<string, string>) {
  let answer = await call(method, path, body, headers);
  // A busy machine: who sets things up does as the answer says, and comes again.
  for (let tries = 30; answer.status === 503 && tries > 0; tries -= 1) {
    await sleep(1_000);
    answer = await call(method, path, body, headers);
  }
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

async function makeVictim(
  set: Victim['set'],
  at: number,
  urls: { good: string; bad: string; gone: string },
): Promise<Victim> {
  const profile = PROFILES[at % PROFILES.length] as string;
  const { id: tenant } = await ok('POST', '/v1/tenants', {
    name: `Victim ${at}`,
    profile,
    contacts: [`somebody-${at}@example.com`],
    external_id: `victim-${at}`,
  });
  const base = `/v1/tenants/${tenant}`;
  const endpoints: string[] = [];
  for (const endpoint of [
    { url: `${urls.good}?key=secret-${at}`, rate_limit: { per_second: 50 }, headers: { 'x-own': 'value' } },
    { url: urls.bad, retry_schedule: [], ordered: true },
    { url: urls.bad, retry_schedule: [600], timeout_ms: 5_000, auth: { type: 'bearer', token: 'token' } },
    { url: urls.gone },
  ]) {
    endpoints.push((await ok('POST', `${base}/endpoints`, endpoint)).id);
  }
  const own = { name: 'own.type', description: 'Own', schema: { type: 'object' }, example: { a: 1 } };
  await ok('POST', `${base}/event-types`, own);
  const { id: keyId, key } = await ok('POST', '/v1/keys', {
    kind: 'tenant',
    tenant,
    scopes: ['read'],
    name: `Key ${at}`,
  });
  const signedIn = await call('POST', '/v1/sessions', { key });
  await ok('POST', `${base}/portal-sessions`, {});
  const { id: portalSession, url } = await ok('POST', `${base}/portal-sessions`, {});
  const code = url.split('#code=')[1];
  const { bearer } = await ok('POST', '/v1/portal-sessions/exchange', { code }, NO_KEY);
  const emit = {
    body: { type: own.name, data: { word: `word-${at}` } },
    headers: { 'idempotency-key': `key-${at}` },
  };
  const event = await ok('POST', `${base}/events`, emit.body, emit.headers);
  return {
    poison: `${set.table}.${set.column} = ${set.value}`,
    set,
    tenant,
    endpoints,
    event: event.id,
    deliveries: event.deliveries.map((delivery: any) => delivery.id),
    operation: '',
    emit,
    type: own.name,
    credentials: [
      { 'x-api-key': key },
      { ...NO_KEY, cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' },
      { ...NO_KEY, authorization: `Bearer ${bearer}` },
    ],
    portalSession,
    keyId,
    session: signedIn.body.id,
  };
}

/** @returns the tables of which the victim had no row */
async function poison(victim: Victim): Promise<string | null> {
  const { table, column, value } = victim.set;
  const { rows } = await database.db.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = 'public' and table_name = $1`,
    [table],
  );
  const names = rows.map(({ name }) => name);
  const mine = table === 'tenants' ? 'id = $1' : OWNERS.find(([name]) => names.includes(name))?.[1];
  if (mine === undefined) throw new Error(`Which rows of ${table} are those of a tenant?`);
  const count = () => database.db.query(`select 1 from ${table} where ${mine} limit 1`, [victim.tenant]);
  // What people are told comes a moment later.
  const found = await eventually(count, ({ rowCount }) => rowCount === 1, 60_000).catch(() => null);
  if (found === null) return table;
  const client = await database.db.connect();
  try {
    // The audit log refuses changes by a trigger; whoever may switch it off may change it.
    if (table === 'audit_log') await client.query('set session_replication_role = replica');
    await client.query(
      `update ${table} set "${column}" = ${value.replace('$column', `"${column}"`)} where ${mine}`,
      [victim.tenant],
    );
  } catch (error) {
    // The table's own constraints refuse it: nobody can leave that there.
    if (!/^23/.test((error as { code?: string }).code ?? '')) throw error;
  } finally {
    client.release(true);
  }
  return null;
}

type Question = [method: string, path: string, body?: unknown, headers?: Record<string, string>];

const webhookOf = (endpoint = '') => `/api/v1/webhooks/${endpoint.replace('ep_', 'webhook_')}`;

function questions(victim: Victim): Question[] {
  const { tenant, endpoints, event, deliveries, operation, emit, credentials } = victim;
  const base = `/v1/tenants/${tenant}`;
  const at = endpoints.map((id) => `${base}/endpoints/${id}`);
  const [good] = at as [string];
  const since = { since: new Date(0).toISOString() };
  return [
    ['GET', base],
    ['GET', `${base}/endpoints`],
    ['GET', `${base}/events`],
    ['GET', `${base}/events/${event}`],
    ['GET', `${base}/events/${event}/explain`],
    ['GET', `${base}/events?q=evt_&type=a.b`],
    ...[tenant, ...endpoints, event, ...deliveries, operation].map((q): [string, string] => [
      'GET',
      `/v1/search?q=${q}`,
    ]),
    ['GET', `/v1/search?q=127.0.0.1&tenant=${tenant}`],
    ['GET', `${base}/event-types`],
    ['GET', `${base}/event-types?archived=true`],
    ['GET', `${base}/event-types/${victim.type}`],
    ['PATCH', `${base}/event-types/${victim.type}`, { description: 'changed' }],
    ['GET', `/v1/tenants?q=${tenant}&activity=true`],
    ['GET', '/v1/tenants?q=ictim'],
    ['GET', '/v1/endpoints?state=troubled'],
    ['GET', `${base}/metrics`],
    ['GET', `${base}/portal-sessions`],
    ...credentials.map((credential): Question => ['GET', base, undefined, credential]),
    ['GET', '/v1/sessions/current', undefined, credentials[1]],
    ['GET', '/v1/portal-sessions/current', undefined, credentials[2]],
    ['GET', '/v1/sessions', undefined, credentials[0]],
    ['GET', `/v1/deliveries?status=failed&tenant=${tenant}`],
    ['GET', `/v1/operational-events?tenant=${tenant}`],
    ['GET', `${base}/deliveries`],
    ['GET', `${base}/deliveries?status=failed&endpoint_id=${endpoints[1]}`],
    ['GET', `/v1/audit-log?tenant=${tenant}`],
    ['GET', `/v1/operations/${operation}`],
    ...at.flatMap((path): [string, string][] => [
      ['GET', path],
      ['GET', `${path}?reveal=true`],
      ['GET', `${path}/stats`],
      ['GET', `${path}/secret`],
      ['GET', `${path}/public-key`],
    ]),
    ...deliveries.flatMap((id): [string, string][] => [
      ['GET', `/v1/deliveries/${id}`],
      ['GET', `/v1/deliveries/${id}?reveal=true`],
      ['GET', `/v1/deliveries/${id}/curl`],
      ['GET', `/v1/deliveries/${id}/body`],
      ['POST', `/v1/deliveries/${id}/retry`],
    ]),
    ['GET', `/api/v1/webhooks?tenant_id=${tenant}`],
    ...endpoints.flatMap((id): [string, string][] => [
      ['GET', `/api/v1/webhooks/${id.replace('ep_', 'webhook_')}`],
      ['GET', `/api/customer/webhooks/${id.replace('ep_', 'webhook_')}/deliveries`],
    ]),
    ['POST', `${base}/events`, emit.body, emit.headers],
    ['POST', `${base}/events`, emit.body],
    ['POST', `${base}/events/batch`, { events: [emit.body, emit.body] }],
    ['POST', `${good}/recover`, since],
    ['POST', `${good}/replay`, { ...since, only_missing: true }],
    ['POST', `${base}/deliveries/retry`, { status: 'failed' }],
    ['POST', `${base}/deliveries/bulk-retry`, { filter: { status: 'failed' }, dry_run: true }],
    ['POST', `${base}/deliveries/bulk-cancel`, { filter: {}, dry_run: true }],
    ['POST', `${good}/secret/rotate`, {}],
    ['PATCH', good, { description: 'changed' }],
    ['PATCH', base, { name: 'changed' }],
    ['PATCH', base, { contacts: [`somebody-else@example.com`] }],
    ['POST', `${base}/contacts/send-link`, { address: 'somebody-else@example.com' }],
    ['POST', `${good}/test`, {}],
    ['PATCH', `${at[3]}`, { enabled: true }],
    ['PATCH', `${at[3]}`, { enabled: false }],
    ['POST', `${base}/endpoints`, { url: 'http://127.0.0.1:1/' }],
    ['POST', `${base}/event-types`, { name: 'own.other', description: '', example: 1 }],
    ['POST', `${base}/portal-sessions`, {}],
    ['PATCH', webhookOf(endpoints[0]), { url: 'http://127.0.0.1:1/' }],
    ['POST', `/v1/operations/${operation}/cancel`],
    ['POST', `/v1/deliveries/${deliveries[2]}/cancel`],
  ];
}

/** Each takes something away; the erasure of all comes last. */
function farewells({ tenant, endpoints, event, type, portalSession, keyId, session }: Victim): Question[] {
  const base = `/v1/tenants/${tenant}`;
  return [
    ['DELETE', `${base}/portal-sessions/${portalSession}`],
    ['DELETE', `/v1/sessions/${session}`],
    ['DELETE', `/v1/keys/${keyId}`],
    ['DELETE', `${base}/event-types/${type}`],
    ['DELETE', `${base}/events/${event}/payload`],
    ['DELETE', `${base}/endpoints/${endpoints[0]}`],
    ['DELETE', webhookOf(endpoints[1])],
    ['DELETE', base],
  ];
}

/** @returns what is wrong with the victim's stream; `null`: it goes on */
async function streamProblem({ tenant }: Victim): Promise<string | null> {
  const path = `/v1/tenants/${tenant}/stream`;
  asked.add(`GET ${path}`);
  const stream = await openEventStream(`${tidings.url}${path}`, { 'x-api-key': ADMIN_KEY });
  const end = await Promise.race([stream.ended().then(() => 'has ended'), sleep(2_500, null)]);
  stream.close();
  // A tenant that counts as deleted has none.
  if (stream.status === 404) return null;
  return stream.status === 200 ? end : `answers ${stream.status}`;
}

async function pagesOf(path: string): Promise<[string, number, string][]> {
  const answers: [string, number, string][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer = await call('GET', `${path}?limit=200${cursor && `&cursor=${cursor}`}`);
    answers.push([path, answer.status, answer.status === 200 ? '' : answer.text]);
    cursor = answer.status === 200 ? answer.body.next_cursor : null;
  }
  return answers;
}

async function prune(): Promise<void> {
  const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  await new Client({ connection }).schedule.getHandle(pruneScheduleId(taskQueue)).trigger();
  await connection.close();
}

test('whatever stands in any column: no answer fails, nothing goes round for ever, and the others are served', async () => {
  const receiver = await startReceiver((response, { path }) =>
    response.writeHead(path.includes('bad') ? 500 : path.includes('gone') ? 410 : 200).end('answered'),
  );
  const urls = { good: receiver.url, bad: `${receiver.url}/bad`, gone: `${receiver.url}/gone` };
  const victims = await inParallel(await columns(), 8, (set, at) => makeVictim(set, at, urls));
  const { id: healthy } = await ok('POST', '/v1/tenants', { name: 'Healthy', payload_retention_days: 1 });
  await ok('POST', `/v1/tenants/${healthy}/endpoints`, { url: `${receiver.url}/healthy` });
  const old = await ok('POST', `/v1/tenants/${healthy}/events`, { type: 'a.b', data: { old: true } });
  await eventually(
    async () => (await database.db.query(`select count(*) as n from notices`)).rows[0].n,
    (n) => n >= victims.length,
    120_000,
  );
  await eventually(
    async () =>
      (
        await database.db.query(
          `select count(*) as n from deliveries where status not in ('succeeded', 'failed', 'retrying')`,
        )
      ).rows[0].n,
    (n) => n === 0,
    120_000,
  );

  await inParallel(victims, 6, async (victim) => {
    const path = `/v1/tenants/${victim.tenant}/endpoints/${victim.endpoints[0]}/replay`;
    victim.operation = (await ok('POST', path, { since: new Date(0).toISOString() })).id;
  });
  // Their workflows write them, page by page.
  await eventually(
    async () =>
      (await database.db.query('select count(distinct operation_id) as n from operation_deliveries')).rows[0]
        .n,
    (n) => n >= victims.length,
    120_000,
  );
  const empty = new Set<string>();
  await inParallel(victims, 4, async (victim) => {
    const table = await poison(victim);
    if (table !== null) empty.add(table);
  });
  expect([...empty]).toEqual([]);
  await database.db.query(`update events set created_at = now() - interval '3 days' where id = $1`, [old.id]);

  const healthyIds: string[] = [];
  const emitHealthy = async () => {
    const { deliveries } = await ok('POST', `/v1/tenants/${healthy}/events`, { type: 'a.b', data: 1 });
    healthyIds.push(deliveries[0].id);
  };
  const failures: [string, string, string, number, string][] = [];
  await inParallel(victims, 6, async (victim, at) => {
    if (at % 10 === 0) await emitHealthy();
    for (const [method, path, body, headers] of questions(victim)) {
      const { status, text } = await call(method, path, body, headers);
      if (status >= 500) failures.push([victim.poison, method, path, status, text.slice(0, 200)]);
    }
  });
  for (const path of ALL_TENANTS_LISTS)
    for (const [where, status, text] of await pagesOf(path))
      if (status !== 200) failures.push(['', 'GET', where, status, text]);
  for (const path of ALL_TENANTS_SUMS) {
    const { status, text } = await call('GET', path);
    if (status !== 200) failures.push(['', 'GET', path, status, text.slice(0, 200)]);
  }
  expect(failures).toEqual([]);
  const streams: [string, string][] = [];
  await inParallel(victims, 30, async (victim) => {
    const problem = await streamProblem(victim);
    if (problem !== null) streams.push([victim.poison, problem]);
  });
  expect(streams).toEqual([]);

  await prune();
  await emitHealthy();
  const states = async () => {
    const { rows } = await database.db.query<{ status: string }>(
      'select status from deliveries where id = any($1)',
      [healthyIds],
    );
    return [...new Set(rows.map(({ status }) => status))];
  };
  await eventually(states, (all) => all.length === 1 && all[0] === 'succeeded', 60_000);
  const erased = async () =>
    (await database.db.query('select erased_at from events where id = $1', [old.id])).rows[0].erased_at;
  await eventually(erased, (at) => at !== null, 60_000).catch((error) => {
    throw new Error(`${error.message} ${JSON.stringify(counted(complaints(0)), null, 1)}`);
  });

  // What is tried again by a schedule has ended by now, or waits for minutes.
  await sleep(10_000);
  // On a slow machine something may be left to end. What goes round for ever leaves no time in which nothing is said.
  let said: Record<string, number> = {};
  for (let tries = 0; tries < 8; tries += 1) {
    const before = tidings.log.length;
    await sleep(15_000);
    said = counted(complaints(before));
    if (Object.keys(said).length === 0) break;
  }
  expect(said).toEqual({});

  const kept: [string, unknown][] = [];
  await inParallel(victims, 6, async (victim) => {
    for (const [method, path] of farewells(victim)) {
      const { status, text } = await call(method, path);
      if (status >= 500) failures.push([victim.poison, method, path, status, text.slice(0, 200)]);
    }
    const { status, body } = await call('POST', `/v1/tenants/${victim.tenant}/erase`);
    if (status !== 202) return kept.push([victim.poison, body]);
    const operation = async () => (await tidings.call('GET', `/v1/operations/${body.id}`)).body;
    await eventually(operation, (found) => found.status === 'completed', 60_000).catch((error) =>
      kept.push([victim.poison, error.message]),
    );
    return undefined;
  });
  expect(failures).toEqual([]);
  expect(kept).toEqual([]);
  expect(unasked()).toEqual(NOBODYS);
}, 1_800_000);

/** Warnings and errors in the log from that line on. */
function complaints(from: number): string[] {
  return tidings.log
    .slice(from)
    .map((line) => JSON.parse(line))
    .filter(({ level, msg }) => (level === 'error' || level === 'warn') && !ORDINARY.test(msg))
    .map(({ msg, err, reason, activity }) => `${msg} ${activity ?? ''} ${err?.message ?? reason ?? ''}`);
}

/** What is said of deliveries that end, as they should. */
const ORDINARY = /failed for good|^Workflow failed/;

function counted(lines: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[line] = (counts[line] ?? 0) + 1;
  return counts;
}
