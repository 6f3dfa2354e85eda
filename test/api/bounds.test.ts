/** Every route of the API reference reads a bounded number of rows, also for a tenant that has very many rows of everything. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { startProcess } from '../helpers/process.ts';
import { ADMIN_KEY, type Answer, apiClient, startTestService, type TestService } from '../helpers/service.ts';
import { type StatementCost, watchStatements } from '../helpers/statement-cost.ts';

/** Of deliveries and of events, all at one endpoint; of everything else a quarter. */
const MANY = Number(process.env.MANY ?? 200_000);
/** What a request may cost. The tables hold several times as many rows. */
const MAX_ROWS = 30_000;
const MAX_BYTES = 6 * 1024 * 1024;
/** `/healthz` answers within so many ms, whatever anyone asks (product.md). */
const HEALTHY_MS = 250;

type Operation = { method: string; path: string; access: string | undefined; body: unknown };
const document = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'docs', 'openapi.json'), 'utf8'));
const operations: Operation[] = Object.entries<Record<string, any>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const schema = operation.requestBody?.content['application/json'].schema;
      const name = (schema?.$ref ?? schema?.anyOf?.[0]?.$ref)?.split('/').pop();
      return {
        method: method.toUpperCase(),
        path,
        access: operation['x-access'],
        body: name && document.components.schemas[name].examples[0],
      };
    }),
);

let tidings: TestService;
let key: string;
const names: Record<string, string> = {};

beforeAll(async () => {
  // Without a worker: what is measured is what the requests do. And as many tests and operations as the table makes.
  tidings = await startTestService(
    { TIDINGS_TENANT_KEY_RATE: '100000' },
    { roles: { api: true, worker: false } },
  );
  const { call } = tidings;
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Huge', profile: 'scorm-api' });
  const { body: made } = await call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['emit', 'manage', 'read'],
  });
  key = made.key;
  const endpoints: string[] = [];
  // As many as a tenant may have, but one, which the table makes.
  for (let n = 0; n < 97; n += 1) {
    const { body } = await call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
      url: `https://example.com/${n}`,
      timeout_ms: 100,
      ...(n > 0 && { event_types: ['session.created'] }),
    });
    endpoints.push(body.id);
  }
  const [endpoint = ''] = endpoints;
  const webhookOf = (id = '') => id.replace('ep_', 'webhook_');
  const { body: spare } = await call('POST', '/v1/tenants', { name: 'Spare' });
  Object.assign(names, {
    tenant: tenant.id,
    spare: spare.id,
    endpoint,
    webhook: webhookOf(endpoint),
    other: webhookOf(endpoints[1]),
  });
  await fill(tenant.id, endpoint);
}, 600_000);
afterAll(() => tidings?.stop());

/** Ids sort by time; these are older than any that is made now. */
const idOf = (prefix: string, n: string) => `'${prefix}_00' || lpad((${n})::text, 24, '0')`;

async function fill(tenantId: string, endpointId: string): Promise<void> {
  const { db } = tidings.database;
  const client = await db.connect();
  await client.query('set statement_timeout = 0; set session_replication_role = replica');
  const few = MANY / 4;
  const statements = [
    // The newest bodies are as large as they may be.
    `insert into events (tenant_id, id, sort_id, type, occurred_at, body, data_start, data_end, request_hash, is_test, created_at)
     select $1, ${idOf('evt', 'n')}, ${idOf('evt', 'n')}, 'session.created', now(),
       case when n > ${MANY - 300} then convert_to('{"data":"' || repeat(md5(n::text), 6000) || '"}', 'UTF8') else '{"data":1}'::bytea end,
       8, case when n > ${MANY - 300} then 8 + 2 + 32 * 6000 else 9 end, '', false, now() - interval '1 hour'
     from generate_series(1, ${MANY}) n where $2::text is not null`,
    // Everything that an index leaves out, and everything that it holds, is many.
    `insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, held_reason, last_error,
       last_response_status, ended_status, ended_at, next_attempt_at, attempt_count, created_at)
     select ${idOf('dlv', 'n')}, $1, ${idOf('evt', 'n')}, $2, 'session.created', false, s.status,
       case s.status when 'held' then 'stalled' end, case s.status when 'failed' then 'timeout' end,
       case when n % 2 = 0 then 500 else 200 end,
       case when s.status in ('failed', 'cancelled', 'succeeded') then s.status end,
       case when s.status in ('failed', 'cancelled', 'succeeded') then now() - interval '1 hour' end,
       case s.status when 'retrying' then now() + interval '1 day' end, 1, now() - interval '1 hour'
     from generate_series(1, ${MANY}) n,
       lateral (select (array['succeeded', 'failed', 'cancelled', 'held', 'retrying'])[1 + n % 5] as status) s`,
    `insert into attempts (delivery_id, number, trigger, started_at, duration_ms, response_status, response_headers, request_headers,
       request_url, response_body)
     select ${idOf('dlv', String(MANY))}, n, 'manual', now(), 1, 500, '[]', '[]', 'https://example.com/',
       convert_to(repeat(md5(n::text), 512), 'UTF8')
     from generate_series(1, 2000) n where $1::text is not null and $2::text is not null`,
    `insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
     select ${idOf('opev', 'n')}, 'delivery.exhausted', $1, $2, 'k' || n, '{}', now() from generate_series(1, ${few}) n`,
    `insert into audit_log (id, actor, tenant_id, action, object_id, details, request_id)
     select ${idOf('aud', 'n')}, 'admin', $1, 'endpoint.updated', $2, '{}', 'r' from generate_series(1, ${few}) n`,
    `insert into api_keys (id, kind, tenant_id, scopes, hash, hint, created_at, revoked_at)
     select ${idOf('key', 'n')}, 'tenant', $1, '{read}', sha256(n::text::bytea), '', now(), now()
     from generate_series(1, ${few}) n where $2::text is not null`,
    `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at, deleted_at)
     select ${idOf('ep', 'n')}, $1, '', '', '', false, now(), now(), now()
     from generate_series(1, ${few}) n where $2::text is not null`,
    `insert into operations (id, kind, tenant_id, endpoint_id, params, per_second, status, matched, cursor, started_at)
     select 'op_large', 'recover', $1, $2, '{"statuses":["failed"]}', 100, 'running', ${few}, 'watching', now()`,
    `insert into operation_deliveries (operation_id, delivery_id)
     select 'op_large', ${idOf('dlv', 'n')} from generate_series(1, ${few}) n where $1::text is not null and $2::text is not null`,
    `insert into tenants (id, name, profile, contacts, created_at, deleted_at)
     select ${idOf('ten', 'n')}, 'Gone', 'leah', '{}', now(), now()
     from generate_series(1, ${few}) n where $1::text is not null and $2::text is not null`,
  ];
  // As many intervals as a series may have, each with as many keys as it may keep apart.
  for (const table of ['metric_totals', 'metric_keys']) {
    const [columns, values, more] =
      table === 'metric_totals'
        ? ['attempts, failed, delivered, exhausted, durations, latencies', "5, 2, 3, 1, '{1,2}', '{1}'", '']
        : ['kind, key, attempts, failed', "'type', 'a.' || k, 5, 2", ', generate_series(1, 100) k'];
    statements.push(
      `insert into ${table} (tenant_id, seconds, at, ${columns})
       select t, s, date_bin(make_interval(secs => s), now(), '2000-01-01 00:00+00') - make_interval(secs => s * n), ${values}
       from unnest(array[$1, '']) t, unnest('{60,600,3600,86400}'::int[]) s, generate_series(0, 199) n ${more}
       where $2::text is not null`,
    );
  }
  for (const text of statements) await client.query(text, [tenantId, endpointId]);
  await client.query('checkpoint');
  await client.query('vacuum analyze');
  client.release(true);
  names.event = `evt_00${String(MANY).padStart(24, '0')}`;
  names.delivery = `dlv_00${String(MANY).padStart(24, '0')}`;
  // The one before the last waits to be tried again.
  names.waiting = `dlv_00${String(MANY - 1).padStart(24, '0')}`;
  names.operation = 'op_large';
}

const since = '1970-01-01T00:00:00Z';
const filters = [
  'limit=200',
  ...['succeeded', 'failed', 'held', 'pending', 'delivering'].map((status) => `status=${status}`),
  'error_code=timeout',
  'error_code=dns_error',
  'response_status=500',
  'response_status=200',
  'response_status=418',
  'event_type=session.created',
  'event_type=nothing.like.it',
  'event_id=$event',
  'endpoint_id=$endpoint',
  // Each of these alone is unselective, and together they are nothing.
  'endpoint_id=$endpoint&status=pending',
  'status=failed&error_code=dns_error',
  'status=succeeded&error_code=timeout',
  'status=succeeded&response_status=418',
  'event_type=session.created&status=held&response_status=200&error_code=timeout',
  'endpoint_id=$endpoint&after=2020-01-01T00:00:00Z',
  'before=1970-01-02T00:00:00Z',
];

/** Nearly the longest range of each interval: time passes until it is asked for. */
const RANGES = Object.entries({ '1m': 60, '10m': 600, '1h': 3_600, '1d': 86_400 }).map(
  ([interval, seconds]) => ({
    query: `interval=${interval}&from=${new Date(Date.now() - 188 * seconds * 1000).toISOString()}`,
  }),
);

type Case = { method: string; path: string; query?: string; body?: unknown; status: number | number[] };

/** What is asked of a route beside what its example in the reference says, in the order in which it may be asked. */
const more: Record<string, Partial<Case>[]> = {
  'GET /v1/tenants/{tenant}/deliveries': filters.map((query) => ({ query })),
  'GET /v1/deliveries': filters.map((query) => ({ query })),
  'GET /v1/tenants/{tenant}/events': [
    { query: 'limit=200' },
    { query: 'limit=200&type=session.created' },
    { query: 'type=nothing.like.it' },
    { query: 'q=evt_' },
    { query: 'q=evt_&type=nothing.like.it' },
    { query: 'q=evt_&before=1970-01-02T00:00:00Z' },
  ],
  'GET /v1/search': [
    'evt_',
    'dlv_',
    '$event',
    '$tenant',
    'ep_',
    'https://example.com',
    'example.com',
    'session',
    'Huge',
    'opev_',
  ].map((q) => ({ query: `q=${q}` })),
  'GET /v1/keys': [{ query: 'limit=200' }, { query: 'tenant=$tenant' }],
  'GET /v1/tenants': [
    { query: 'limit=200' },
    { query: 'limit=200&activity=true' },
    ...['Huge', 'on', 'ten_', 'nothing like it'].map((q) => ({ query: `limit=200&q=${q}` })),
  ],
  'GET /v1/endpoints': ['', '&state=failing', '&state=disabled', '&state=troubled'].map((state) => ({
    query: `limit=200${state}`,
  })),
  'GET /v1/profiles/{profile}': [{ path: '/v1/profiles/leah' }],
  'GET /v1/profiles/{profile}/samples': [{ path: '/v1/profiles/standard-webhooks/samples' }],
  // The one of the example above.
  'PATCH /v1/tenants/{tenant}/event-types/{type}': [{ path: '/v1/tenants/$tenant/event-types/invoice.paid' }],
  'DELETE /v1/tenants/{tenant}/event-types/{type}': [
    { path: '/v1/tenants/$tenant/event-types/invoice.paid' },
  ],
  'GET /v1/audit-log': [
    { query: 'limit=200' },
    { query: 'action=nothing.like.it' },
    { query: 'object_id=$endpoint&action=nothing.like.it' },
    { query: 'tenant=$tenant&object_id=nothing' },
  ],
  'GET /v1/operational-events': [{ query: 'limit=200' }],
  'GET /v1/tenants/{tenant}/endpoints': [{ query: 'limit=200' }],
  'GET /api/v1/webhooks': [{ query: 'limit=200&tenant_id=$tenant' }],
  'GET /api/customer/webhooks/{webhook}/deliveries': [{ query: 'limit=200' }],
  'GET /v1/deliveries/{delivery}': [{}, { query: 'reveal=true' }],
  'GET /v1/tenants/{tenant}/metrics': RANGES,
  'GET /v1/metrics/overview': RANGES,
  'POST /v1/tenants/{tenant}/events': [{ body: { type: 'session.created', data: SESSION() } }],
  'POST /v1/tenants/{tenant}/events/batch': [
    { body: { events: Array.from({ length: 50 }, () => ({ type: 'session.created', data: SESSION() })) } },
  ],
  'POST /v1/tenants/{tenant}/endpoints': [{ body: { url: 'https://example.com/new' } }],
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/recover': [
    { body: { since } },
    { body: { since, dry_run: true } },
  ],
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/replay': [
    { body: { since } },
    { body: { since, only_missing: true, event_types: ['nothing.like.it'] } },
    { body: { since, dry_run: true, sample: 20 } },
  ],
  'POST /v1/tenants/{tenant}/deliveries/retry': [
    { body: { status: 'failed' } },
    { body: { status: 'succeeded', event_type: 'nothing.like.it' } },
    { body: { status: 'retrying', endpoint_id: '$endpoint', error_code: 'dns_error' } },
  ],
  'POST /v1/tenants/{tenant}/deliveries/bulk-retry': [
    { body: { filter: { status: 'failed' } } },
    ...['failed', 'succeeded', 'retrying'].flatMap((status) => [
      { body: { filter: { status }, dry_run: true } },
      { body: { filter: { status, endpoint_id: '$endpoint', response_status: 418 }, dry_run: true } },
      { body: { filter: { status, event_type: 'nothing.like.it', after: since }, dry_run: true } },
    ]),
  ],
  'POST /v1/tenants/{tenant}/deliveries/bulk-cancel': [
    { body: { filter: {}, dry_run: true } },
    { body: { filter: { endpoint_id: '$endpoint' }, dry_run: true } },
    { body: { filter: { status: 'held', response_status: 418 }, dry_run: true } },
    { body: { filter: { event_type: 'nothing.like.it', endpoint_id: '$endpoint' } } },
  ],
  'GET /v1/tenants/{tenant}/events/{event}/explain': [{}, { query: 'limit=200' }],
  // Off ends what waits; on offers what was missed.
  'PATCH /v1/tenants/{tenant}/endpoints/{endpoint}': [
    { body: { rate_limit: { per_second: 1 }, ordered: true } },
    { body: { enabled: false } },
    { body: { enabled: true } },
  ],
  'PATCH /api/v1/webhooks/{webhook}': [{ body: { is_active: false } }, { body: { is_active: true } }],
  'POST /v1/tenants': [{ body: { name: 'Another', external_id: 'another' } }],
  'POST /v1/keys': [{ body: { kind: 'tenant', tenant: '$tenant', scopes: ['read'] } }],
  'POST /api/v1/webhooks': [
    {
      body: { tenant_id: '$tenant', url: 'https://example.com/', event_type: 'package.processing.completed' },
    },
  ],
  'PATCH /v1/tenants/{tenant}': [{ body: { name: 'Huge' } }],
  'GET /v1/tenants/{tenant}/endpoints/{endpoint}/public-key': [{ status: 404 }],
  'DELETE /v1/keys/{key}': [{ status: 404 }],
  'POST /v1/sessions': [{ status: 401 }],
  'GET /v1/sessions': [{ query: 'limit=200' }, { query: 'tenant=$tenant' }],
  'GET /v1/sessions/current': [{ status: 404 }],
  'DELETE /v1/sessions/current': [{ status: 404 }],
  'DELETE /v1/sessions/{session}': [{ status: 404 }],
  'GET /v1/tenants/{tenant}/portal-sessions': [{ query: 'limit=200' }],
  'DELETE /v1/tenants/{tenant}/portal-sessions/{portal_session}': [{ status: 404 }],
  'POST /v1/portal-sessions/exchange': [{ status: 401 }],
  'GET /v1/portal-sessions/current': [{ status: 404 }],
  'DELETE /v1/portal-sessions/current': [{ status: 404 }],
  'POST /v1/tenants/{tenant}/contacts/send-link': [{ status: 404 }],
  'GET /v1/tenants/{tenant}/event-types/{type}': [{ status: 404 }],
  'POST /v1/tenants/{tenant}/endpoints/{endpoint}/secret/rotate': [{ body: {} }],
  'POST /v1/deliveries/{delivery}/cancel': [{ path: '/v1/deliveries/$waiting/cancel' }, { status: 409 }],
  'DELETE /v1/tenants/{tenant}': [{ path: '/v1/tenants/$spare' }],
  'DELETE /api/v1/webhooks/{webhook}': [{ path: '/api/v1/webhooks/$other' }],
};

function SESSION() {
  return { session_id: 's', package_id: 'p', user_id: 'u' };
}

/** What takes away what the others need comes after them. */
function turnOf({ method, path }: Operation): number {
  if (path === '/v1/tenants/{tenant}/erase') return 4;
  if (method === 'DELETE') return 3;
  if (method === 'PATCH') return 2;
  return path.endsWith('/cancel') ? 1 : 0;
}

const cases: [string, Case, Operation][] = operations
  // The answer of a stream never ends.
  .filter(({ access, path }) => access !== undefined && !path.endsWith('/stream'))
  .sort((a, b) => turnOf(a) - turnOf(b))
  .flatMap((operation) => {
    const { method, path, body } = operation;
    return (more[`${method} ${path}`] ?? [{}]).map((extra): [string, Case, Operation] => {
      const given: Case = { method, path, body, status: [200, 201, 202, 204], ...extra };
      const shown = given.query ?? (extra.body === undefined ? '' : JSON.stringify(extra.body).slice(0, 80));
      return [`${method} ${path} ${shown}`, given, operation];
    });
  });

const fillIn = (text: string) =>
  text.replace(/\{(\w+)\}|\$(\w+)/g, (_, inPath: string, other: string) => names[inPath ?? other] ?? 'none');

async function ask({ method, path, query, body }: Case, { access }: Operation): Promise<Answer> {
  const url = `${fillIn(path)}${query === undefined ? '' : `?${fillIn(query)}`}`;
  const call = access === 'admin' ? tidings.call : apiClient(tidings.url, key);
  return call(method, url, body === undefined ? undefined : fillIn(JSON.stringify(body)));
}

/** Keeps an eye on `/healthz`. @returns a function that stops, and says how long the slowest answer took */
function watchHealth(url: string): () => Promise<number> {
  let isOver = false;
  let slowestMs = 0;
  const watching = (async () => {
    while (!isOver) {
      const began = performance.now();
      const { status } = await fetch(`${url}/healthz`);
      slowestMs = Math.max(slowestMs, status === 200 ? performance.now() - began : Number.POSITIVE_INFINITY);
      await sleep(10);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return slowestMs;
  };
}

test('whatever is read, by many at once, keeps nobody waiting for /healthz', async () => {
  // In a process of its own: this one has its hands full with asking.
  const api = await startProcess('api', { databaseUrl: tidings.database.url, taskQueue: tidings.taskQueue });
  const reads = cases.filter(([, { method }]) => method === 'GET');
  const left = [...reads, ...reads, ...reads];
  const failed: string[] = [];
  const stop = watchHealth(api.url);
  const askers = Array.from({ length: 4 }, async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [name, { path, query }, { access }] = next;
      const url = `${api.url}${fillIn(path)}${query === undefined ? '' : `?${fillIn(query)}`}`;
      const response = await fetch(url, { headers: { 'x-api-key': access === 'admin' ? ADMIN_KEY : key } });
      await response.arrayBuffer();
      if (response.status >= 500) failed.push(name);
    }
  });
  await Promise.all(askers);
  const slowestMs = await stop();
  await api.stop();
  expect(failed).toEqual([]);
  expect(slowestMs).toBeLessThan(HEALTHY_MS);
}, 300_000);

/** What goes on behind an answer would be counted with the next request. */
async function untilQuiet(): Promise<void> {
  const { db } = tidings.database;
  for (let quiet = 0; quiet < 5; ) {
    const { rowCount } = await db.query(
      `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         and backend_type = 'client backend' and (state <> 'idle' or state_change > now() - interval '100 ms')`,
    );
    quiet = rowCount === 0 ? quiet + 1 : 0;
    await sleep(50);
  }
}

test.each(cases)(
  '%s',
  async (name, given, operation) => {
    await untilQuiet();
    const watch = watchStatements();
    let answer: Answer;
    let costs: StatementCost[];
    try {
      answer = await ask(given, operation);
      costs = watch.taken();
    } finally {
      watch.stop();
    }
    expect([given.status].flat()).toContain(answer.status);
    const sum = (of: (cost: StatementCost) => number) => costs.reduce((total, cost) => total + of(cost), 0);
    const rows = sum((cost) => cost.rowsRead);
    if (process.env.SHOW_COSTS)
      process.stderr.write(
        `${name}: ${costs.length} statements, ${rows} rows, ${sum((cost) => cost.buffers)} pages, ${sum((cost) => cost.bytes)} bytes\n`,
      );
    const [dearest] = costs.sort((a, b) => b.rowsRead - a.rowsRead);
    if (rows > MAX_ROWS) throw new Error(`${rows} rows were read, most of them here: ${dearest?.text}`);
    expect(sum((cost) => cost.bytes)).toBeLessThanOrEqual(MAX_BYTES);
    expect(answer.text.length).toBeLessThanOrEqual(MAX_BYTES);
  },
  120_000,
);
