/**
 * Every list has an index that serves it: the plans say so, on a table large enough to choose by. PLAN_DELIVERIES=1000000 makes it larger.
 */
import pg from 'pg';
import { ALL_TENANTS } from '../../src/store/attempt-metrics.ts';
import { unalignedQuery, waitingCountQuery } from '../../src/store/backlog.ts';
import { type DeliveryFilter, deliveryWalks } from '../../src/store/delivery-list.ts';
import { endpointWalk } from '../../src/store/endpoint-list.ts';
import { type EventFilter, eventWalk } from '../../src/store/event-list.ts';
import { OUTCOMES_QUERY, outcomesValues } from '../../src/store/event-outcomes.ts';
import {
  DELIVERIES_QUERY,
  ENDPOINTS_QUERY as ENDPOINT_STATES_QUERY,
  QUEUE_AGE_QUERY,
  TENANT_WAITING_QUERY,
  tenantWaitingValues,
  WAITING_QUERY,
} from '../../src/store/gauges.ts';
import {
  CHANGES_QUERY,
  ENDPOINTS_QUERY,
  DELIVERIES_QUERY as EVENT_DELIVERIES_QUERY,
} from '../../src/store/missed-events.ts';
import { operationalEventsQuery } from '../../src/store/operational-events.ts';
import { type Queryable, snapshot, WALK_IN_ORDER } from '../../src/store/pool.ts';
import { finders } from '../../src/store/search.ts';
import { standingFailuresQuery } from '../../src/store/standing-failures.ts';
import { ACTIVITY_QUERY } from '../../src/store/tenant-activity.ts';
import { tenantWalks } from '../../src/store/tenant-search.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const TENANTS = 20;
/** Of each tenant. */
const DELIVERIES = Number(process.env.PLAN_DELIVERIES ?? 40_000) / TENANTS;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // Vacuumed half-way through, some plans would change.
  for (const table of ['events', 'deliveries', 'messages'])
    await database.db.query(`alter table ${table} set (autovacuum_enabled = false)`);
  // A connection of its own, because the pool waits 20 seconds for a statement.
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`
    insert into tenants select 'ten_' || t, null, 't', 'leah', '{}', now() from generate_series(1, 20) t;
    insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
      select 'ep_' || t || '_' || e, 'ten_' || t, '', '', '', true, now(), now()
      from generate_series(1, 20) t, generate_series(1, 5) e;
    insert into events select 'ten_' || t, 'evt_' || t || '_' || n, 'evt_' || lpad(n::text, 6, '0') || t, 'a.' || n % 50,
      now(), '', 0, 0, '', false, now() from generate_series(1, ${TENANTS}) t, generate_series(1, ${DELIVERIES}) n;
    insert into deliveries (id, tenant_id, event_id, endpoint_id, event_type, is_test, status, last_error, held_reason,
        next_attempt_at, last_response_status, created_at)
      select 'dlv_' || lpad(n::text, 6, '0') || t, 'ten_' || t, 'evt_' || t || '_' || n, 'ep_' || t || '_' || (n % 5 + 1),
        'a.' || n % 50, false,
        case when n % 100 = 0 then 'failed' when n % 100 = 1 then 'held' when n % 400 = 2 then 'pending'
          when n % 200 = 3 then 'retrying' else 'succeeded' end,
        case when n % 100 = 0 then 'timeout' end, case when n % 100 = 1 then 'stalled' end,
        case when n % 200 = 3 then now() end, case when n % 50 = 0 then 500 else 200 end, now()
      from generate_series(1, ${TENANTS}) t, generate_series(1, ${DELIVERIES}) n;
    insert into messages (id, tenant_id, endpoint_id, channel, contact_id, due_at, began_at, settled_at, outcome)
      select 'msg_' || n, 'ten_1', case when n % 50 = 0 then '' else 'ep_' || n % 500 end, 'email', 'con_' || n % 300, now(),
        now(), case when n % 100 <> 1 then now() end, case when n % 100 <> 1 then 'sent' end from generate_series(1, 20000) n;
    insert into message_notices select 'msg_' || n, 'ntf_' || n / 2 from generate_series(1, 20000) n;
    insert into event_types select 'ten_' || t, 'a.' || n, '', '{}', '1', now() from generate_series(1, 20) t, generate_series(1, 50) n;
    insert into idempotency_keys select 'ten_' || t, 'key-' || n, '', '{}' from generate_series(1, 20) t, generate_series(1, 100) n;
    insert into api_keys (id, kind, tenant_id, scopes, hash, hint, created_at)
      select 'key_' || t || '_' || n, 'tenant', 'ten_' || t, '{read}', sha256((t || '_' || n)::bytea), '', now()
      from generate_series(1, 20) t, generate_series(1, 50) n;
    insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at)
      select 'opev_' || t || '_' || n, 'endpoint.disabled', 'ten_' || t, 'ep_' || t || '_' || n % 5 + 1, t || '_' || n, '{}', now()
      from generate_series(1, 20) t, generate_series(1, 500) n;
    insert into audit_log (id, actor, tenant_id, action, object_id, details, request_id)
      select 'aud_' || t || '_' || n, 'admin', 'ten_' || t, 'endpoint.updated', 'ep_' || t || '_1', '{}', 'r'
      from generate_series(1, 20) t, generate_series(1, 50) n;
    insert into contacts (id, tenant_id, address, state)
      select 'con_' || t || '_' || n, 'ten_' || t, n || '@example.com', 'verified'
      from generate_series(1, 20) t, generate_series(1, 100) n;
    analyze;`);
  await client.end();
}, 600_000);
afterAll(() => database?.drop());

async function plan(text: string, values: unknown[], db: Queryable = database.db): Promise<string> {
  const { rows } = await db.query(`explain ${text}`, values);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

/** The plan that a list of deliveries gets. */
async function planAsListed(text: string, values: unknown[]): Promise<string> {
  return snapshot(database.db, async (client) => {
    await client.query(WALK_IN_ORDER);
    return plan(text, values, client);
  });
}

const filter = { tenantId: 'ten_7' };
const page = { before: null, limit: 51 };

test.each([
  ['all of a tenant', filter, 'deliveries_by_tenant'],
  ['of an endpoint', { ...filter, endpointId: 'ep_7_1' }, 'deliveries_by_endpoint'],
  ['of an event', { ...filter, eventId: 'evt_7_9' }, 'deliveries_by_event_id'],
  ['of an event type', { ...filter, eventType: 'a.7' }, 'deliveries_by_type'],
  ['the failed ones', { ...filter, status: 'failed' as const }, 'deliveries_by_status'],
  ['the succeeded ones', { ...filter, status: 'succeeded' as const }, 'deliveries_by_tenant'],
  ['with an error', { ...filter, errorCode: 'timeout' as const }, 'deliveries_by_(error|status)'],
  ['since a time', { ...filter, after: new Date(0) }, 'deliveries_(by_tenant|pkey)'],
])('deliveries, %s, come from an index', async (_name, given, index) => {
  const [first] = deliveryWalks(given, page);
  const shown = await planAsListed(first?.rows.text ?? '', first?.rows.values ?? []);
  expect(shown).toMatch(new RegExp(`Index.* using ${index}|Bitmap Index Scan on ${index}`));
  expect(shown).not.toContain('Seq Scan');
});

// Selective and not: `failed` is one in a hundred, `a.7` one in fifty, `a.rare` nothing, `delivering` nothing either.
const everyFilter = {
  eventId: ['evt_7_9', 'evt_none'],
  endpointId: ['ep_7_1', 'ep_none'],
  eventType: ['a.7', 'a.rare'],
  status: ['failed', 'succeeded', 'delivering', 'held', 'retrying', 'pending'],
  errorCode: ['timeout', 'dns_error'],
  responseStatus: [500, 200],
} as const;

/** What a walk may read in passing: with these conditions alone, every row that the index gives is one that is walked. */
const WALKS: Record<string, { ofTenant: RegExp; ofAll: RegExp }> = {
  event: { ofTenant: /deliveries_by_event_id/, ofAll: /deliveries_by_event_id/ },
  error: { ofTenant: /deliveries_by_error\b/, ofAll: /deliveries_by_error_of_all/ },
  'response status': { ofTenant: /deliveries_by_response\b/, ofAll: /deliveries_by_response_of_all/ },
  status: {
    ofTenant: /deliveries_by_status\b/,
    ofAll: /deliveries_by_status_of_all|deliveries_to_dispatch\b/,
  },
  endpoint: { ofTenant: /deliveries_by_endpoint/, ofAll: /deliveries_by_endpoint/ },
  type: { ofTenant: /deliveries_by_type\b/, ofAll: /deliveries_by_type_of_all/ },
  id: { ofTenant: /deliveries_by_tenant/, ofAll: /deliveries_pkey/ },
};

const pairs = Object.entries(everyFilter).flatMap(([name, values]) =>
  values.flatMap((value) =>
    [{}, { eventType: 'a.8' }, { status: 'succeeded' }, { after: new Date(0), before: new Date(1e12) }].map(
      (other) => ({ ...other, [name]: value }) as DeliveryFilter,
    ),
  ),
);
const filters: DeliveryFilter[] = [{}, ...pairs];

test.each(
  filters.flatMap((given) => [
    [JSON.stringify(given), 'a tenant', { ...given, tenantId: 'ten_7' }] as const,
    [JSON.stringify(given), 'all tenants', given] as const,
  ]),
)(
  'every way down a list with %s of %s follows an index that gives nothing else',
  async (_name, whose, given) => {
    for (const before of [null, 'dlv_0010007']) {
      for (const walk of deliveryWalks(given, { before, limit: 51 })) {
        const expected = WALKS[walk.along]?.[whose === 'a tenant' ? 'ofTenant' : 'ofAll'];
        for (const { text, values } of [walk.rows, walk.end]) {
          const shown = await planAsListed(text, values);
          const scans = shown.split('\n').filter((line) => line.includes(' on deliveries'));
          expect(scans).toHaveLength(1);
          expect(scans[0]).toMatch(/Index (Only )?Scan/);
          expect(scans[0]).toMatch(expected ?? /^$/);
          // What the index's conditions do not say is asked of the rows walked alone, above the limit.
          expect(shown.slice(shown.indexOf(scans[0] ?? ''))).not.toMatch(
            /Filter: (?!\(attempt_count >= 0\)$|.*\|\|)/m,
          );
        }
      }
    }
  },
);

test.each([
  ['all', { tenantId: null, endpointId: null }, /operational_events_pkey/],
  ['of a tenant', { tenantId: 'ten_7', endpointId: null }, /operational_events_by_tenant/],
  ['of an endpoint', { tenantId: null, endpointId: 'ep_7_1' }, /operational_events_by_endpoint/],
  [
    'of a tenant and an endpoint',
    { tenantId: 'ten_7', endpointId: 'ep_7_1' },
    /operational_events_by_endpoint/,
  ],
  [
    "of a tenant and another's endpoint",
    { tenantId: 'ten_7', endpointId: 'ep_8_1' },
    /operational_events_by_endpoint/,
  ],
])('operational events, %s, come from an index that gives nothing else', async (_name, given, index) => {
  for (const before of [null, 'opev_7_1']) {
    const { text, values } = operationalEventsQuery(given, { before, limit: 51 });
    const shown = await planAsListed(text, values);
    const scans = shown.split('\n').filter((line) => line.includes(' on operational_events'));
    expect(scans).toEqual([expect.stringMatching(index)]);
    expect(shown.slice(shown.indexOf(scans[0] ?? ''))).not.toMatch(
      /Sort|Seq Scan|operational_events[^\n]*\n[^\n]*Filter:/,
    );
  }
});

const span = { after: new Date(0), before: new Date(1e12) };
test.each<[string, Omit<EventFilter, 'tenantId'>, RegExp]>([
  ['all', {}, /events_newest/],
  ['of a time', span, /events_newest/],
  ['of a type', { type: 'a.7' }, /events_by_type/],
  ['of a type and a time', { type: 'a.7', ...span }, /events_by_type/],
  ['of a type that there is none of', { type: 'a.rare' }, /events_by_type/],
  ['that a search finds', { q: 'evt_7_1' }, /events_pkey/],
  ['that a search finds, by type and time', { q: 'evt_', type: 'a.7', ...span }, /events_pkey/],
])('events, %s, come from an index that gives nothing else', async (_name, given, index) => {
  for (const before of [null, 'evt_0010007']) {
    const { rows, end } = eventWalk({ ...given, tenantId: 'ten_7' }, { before, limit: 51 });
    for (const { text, values } of [rows, end]) {
      const shown = await planAsListed(text, values);
      const scans = shown.split('\n').filter((line) => line.includes(' on events'));
      expect(scans).toHaveLength(1);
      expect(scans[0]).toMatch(/Index (Only )?Scan/);
      expect(scans[0]).toMatch(index);
      expect(shown.slice(shown.indexOf(scans[0] ?? ''))).not.toMatch(/Filter:/);
    }
  }
});

test.each<[string, string, unknown[], RegExp[]]>([
  [
    'how its deliveries went',
    OUTCOMES_QUERY,
    outcomesValues('ten_7', ['evt_7_9']),
    [/deliveries_by_event_id/],
  ],
  ['its endpoints', ENDPOINTS_QUERY, ['ten_7', 'ep_7_3', 50], [/endpoints_by_tenant/, /endpoints_deleted/]],
  ['its deliveries', EVENT_DELIVERIES_QUERY, ['evt_7_9', 'ten_7'], [/deliveries_by_event_id/]],
  [
    'what has changed',
    CHANGES_QUERY,
    [['ep_7_1', 'ep_7_2'], 'aud_1', 'opev_1'],
    [/audit_log_by_object/, /operational_events_disabled/],
  ],
])('who got nothing of an event: %s come from an index', async (_name, text, values, indexes) => {
  const shown = await planAsListed(text, values);
  expect(shown).not.toMatch(/Seq Scan|Sort|Filter:/);
  for (const index of indexes) expect(shown).toMatch(index);
});

/** What each search may read, of all tenants and of one: what it reads beside that is filtered behind a limit. */
test.each<[q: string, ofAll: RegExp[], ofTenant: RegExp[]]>([
  ['ten_', [/tenants_pkey/, /tenants_by_external_id/, /tenants_by_name/], [/tenants_pkey/]],
  ['ep_7', [/endpoints_pkey/, /endpoints_by_host/], [/endpoints_deleted/, /endpoints_by_tenant/]],
  ['webhook_7', [/endpoints_pkey/], [/endpoints_deleted/]],
  ['https://hooks.example.com/a', [/endpoints_by_url/], [/endpoints_by_tenant/]],
  ['hooks.example.com', [/endpoints_by_host/], [/endpoints_by_tenant/]],
  ['evt_7', [/events_by_id/, /idempotency_keys_by_key/], [/events_pkey/, /idempotency_keys_(pkey|by_key)/]],
  ['dlv_', [/deliveries_pkey/], [/deliveries_by_tenant/]],
  ['op_7', [/operations_pkey/], [/operations_pkey/]],
  ['opev_7', [/operational_events_pkey/], [/operational_events_by_tenant/]],
  ['key_7', [/api_keys_pkey/], [/api_keys_by_tenant/]],
  ['ses_7', [/ sessions_pkey/], [/ sessions_of_tenant/]],
  ['prt_7', [/portal_sessions_pkey/], [/portal_sessions_of_tenant/]],
  ['a.7', [/event_types_by_name/], [/event_types_pkey/]],
])('a search for %s follows an index in every way', async (q, ofAll, ofTenant) => {
  for (const [tenantId, expected] of [[null, ofAll] as const, ['ten_7', ofTenant] as const]) {
    const plans: string[] = [];
    for (const { text, values } of finders({ q, tenantId })) plans.push(await planAsListed(text, values));
    expect(plans.join('\n')).not.toMatch(/Seq Scan|Sort/);
    // A filter stands on what was walked, and never on the scan of a table that may be long.
    expect(plans.join('\n')).not.toMatch(
      / on (events|deliveries|operational_events|idempotency_keys)[^\n]*\n[^\n]*(Index Cond[^\n]*\n)?\s*Filter:/,
    );
    for (const index of expected) expect(plans.filter((plan) => index.test(plan))).not.toEqual([]);
  }
});

test.each([
  [
    'what a dispatcher takes',
    `select id from deliveries where status = 'pending' and (leased_until is null or leased_until < now()) order by id limit 100`,
    'deliveries_to_dispatch',
  ],
  [
    'what is overdue',
    `select id from deliveries where status in ('delivering', 'retrying') and coalesce(claim_deadline, next_attempt_at, created_at) < now() order by id limit 100`,
    'deliveries_overdue',
  ],
  [
    'what a stall holds',
    `select id from deliveries where endpoint_id = 'ep_7_1' and status = 'held' and held_reason = 'stalled' order by id limit 500`,
    'deliveries_stalled',
  ],
  [
    'what waits for a retry at an endpoint',
    `select id from deliveries where endpoint_id = 'ep_7_1' and status = 'retrying' and not is_test order by id limit 500`,
    'deliveries_(retrying|unended)',
  ],
  [
    'what nobody was told of',
    `select id from deliveries where status = 'failed' and told_at is null and ended_at < now() order by ended_at limit 100`,
    'deliveries_untold',
  ],
  [
    'the message that is due longest',
    `select id from messages where settled_at is null and due_at <= now() and channel = any('{email}') order by due_at limit 1`,
    'messages_due',
  ],
  [
    'what went to a recipient about an endpoint',
    `select max(settled_at) from messages where endpoint_id = 'ep_7' and channel = 'email' and contact_id = 'con_7' and outcome = 'sent'`,
    'messages_sent',
  ],
  [
    'what waits for a recipient about an endpoint',
    `select id from messages where endpoint_id = 'ep_7' and channel = 'email' and contact_id = 'con_7' and settled_at is null and began_at is not null`,
    'messages_(unsettled|due)',
  ],
  [
    'the last link to a contact',
    `select id from messages where contact_id = 'con_7' and endpoint_id = '' order by created_at desc limit 1`,
    'messages_links',
  ],
  [
    'messages that are old',
    `select id from messages where settled_at < now() - interval '30 days' limit 5000`,
    'messages_settled',
  ],
  [
    'what a message tells of',
    `select notice_id from message_notices where message_id = 'msg_7'`,
    'message_notices_pkey',
  ],
  [
    'the messages that tell of a notice',
    `select message_id from message_notices where notice_id = 'ntf_7'`,
    'message_notices_by_notice',
  ],
  [
    'contacts of tenants',
    `select id from contacts where tenant_id = any('{ten_1,ten_2}')`,
    'contacts_by_address',
  ],
  ['the age of the queue', QUEUE_AGE_QUERY, 'deliveries_to_dispatch'],
])('%s comes from an index', async (_name, text, index) => {
  expect(await plan(text, [])).toMatch(new RegExp(index));
});

test('what waits of a tenant is counted along its own rows, status by status', async () => {
  const shown = await planAsListed(TENANT_WAITING_QUERY, tenantWaitingValues('ten_7'));
  expect(shown.match(/ on deliveries\b/g)).toHaveLength(4);
  expect(shown.match(/ using deliveries_by_status on /g)).toHaveLength(4);
  expect(shown).not.toMatch(/Seq Scan|Filter:/);
});

test.each([
  ['ten_1', null],
  ['Hill', null],
  ['Hill', 'ten_7'],
])('tenants that match %j after %j are walked along an index in every way', async (q, after) => {
  const indexes: Record<string, RegExp> = {
    id: /tenants_pkey/,
    external_id: /tenants_by_external_id/,
    name: /tenants_by_name/,
    part: /Backward using tenants_pkey/,
  };
  for (const { name, rows, end } of tenantWalks(q, after, 50)) {
    for (const { text, values } of [rows, end]) {
      const shown = await planAsListed(text, values);
      expect([name, shown]).toEqual([name, expect.stringMatching(indexes[name] as RegExp)]);
      // Nothing that may be long is filtered before its bound.
      expect(shown).not.toMatch(/Seq Scan|Scan[^\n]*on tenants[^\n]*\n[^\n]*(Index Cond[^\n]*\n)?\s*Filter:/);
    }
  }
});

test('the activity of tenants is read along indexes', async () => {
  const shown = await planAsListed(ACTIVITY_QUERY, [['ten_1', 'ten_7'], 'dlv_0']);
  expect(shown).toMatch(/metric_totals_pkey/);
  expect(shown).toMatch(/endpoints_by_tenant/);
  expect(shown).toMatch(/Index Scan using deliveries_by_status on /);
  expect(shown).not.toMatch(/Seq Scan/);
});

test.each([
  ['a tenant', 'ten_7', 'deliveries_by_status'],
  ['all tenants', ALL_TENANTS, 'deliveries_by_status_of_all'],
])('what stands as failed of %s is counted along an index', async (_whose, tenant, index) => {
  const { text, values } = standingFailuresQuery(tenant, Date.parse('2026-01-01'));
  const shown = await planAsListed(text, values);
  expect(shown).toMatch(new RegExp(`Index Scan using ${index} on `));
  expect(shown).not.toMatch(/Seq Scan|Sort/);
});

test.each([null, 'failing', 'stalled', 'disabled', 'troubled'] as const)(
  'endpoints of all tenants that are %s are walked along an index',
  async (state) => {
    for (const before of [null, 'ep_7_1']) {
      const { rows, end } = endpointWalk(state, { before, limit: 50 });
      for (const { text, values } of [rows, end]) {
        const shown = await planAsListed(text, values);
        expect(shown).toMatch(
          state === null ? /Backward using endpoints_pkey/ : /using endpoints_in_trouble/,
        );
        expect(shown).not.toMatch(/Seq Scan/);
      }
    }
  },
);

test('what waits in all is counted along indexes of what waits', async () => {
  const shown = await planAsListed(WAITING_QUERY, []);
  expect(shown.match(/ on deliveries\b/g)).toHaveLength(4);
  expect(shown).not.toMatch(/Seq Scan|deliveries_pkey|deliveries_unended/);
});

/** As PostgreSQL does by itself: only then does it know that an index says all. What is not on disk yet it passes over. */
async function vacuum(table: string): Promise<void> {
  await database.db.query('checkpoint');
  await database.db.query(`vacuum analyze ${table}`);
}

test('how many deliveries wait is counted from an index alone', async () => {
  await vacuum('deliveries');
  expect(await plan(DELIVERIES_QUERY, [])).toContain('Index Only Scan using deliveries_unended');
});

test('how many wait at an endpoint is counted from an index alone, and what is out of line is found from endpoint to endpoint', async () => {
  await vacuum('deliveries');
  const count = waitingCountQuery('ep_7_1');
  expect(await plan(count.text, count.values)).toContain('Index Only Scan using deliveries_unended');
  const { text, values } = unalignedQuery(500);
  const shown = await plan(text, values);
  expect(shown).toContain('Index Only Scan using deliveries_unended');
  for (const kind of ['stalled', 'by_turn', 'rate_limited', 'to_dispatch_by_endpoint', 'retrying'])
    expect(shown).toMatch(new RegExp(`Index (Only )?Scan using deliveries_${kind}`));
  // Neither all rows nor a hash of all that is held.
  expect(shown).not.toMatch(/Seq Scan on deliveries|hashed SubPlan|Hash Join/);
});

test('how many endpoints are in each state is counted from an index alone, once there are many', async () => {
  await database.db.query(`
    insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
      select 'ep_x' || e, 'ten_1', decode(repeat('00', 400), 'hex'), '', '', true, now(), now() from generate_series(1, 10000) e`);
  await vacuum('endpoints');
  expect(await plan(ENDPOINT_STATES_QUERY, [])).toContain('Index Only Scan using endpoints_by_state');
});
