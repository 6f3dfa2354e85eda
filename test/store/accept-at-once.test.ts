/** Events that one statement accepts are stored as the transaction stores them; what it cannot do right goes to the transaction. */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { PROFILES, profileNamed } from '../../src/profiles/index.ts';
import { acceptPatiently } from '../../src/store/accept.ts';
import { acceptAtOnce } from '../../src/store/accept-at-once.ts';
import type { AcceptRequest } from '../../src/store/accept-rows.ts';
import { createAcceptor } from '../../src/store/acceptor.ts';
import { APART } from '../../src/store/group-commit.ts';
import { transaction } from '../../src/store/pool.ts';
import { insertTenant, type Tenant } from '../../src/store/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

let made = 0;
async function tenantWith(
  endpoints: { types?: string[]; enabled?: boolean; ordered?: boolean; rate?: number }[] = [{}],
  profile = 'standard-webhooks',
): Promise<Tenant> {
  const tenant = (await insertTenant(database.db, {
    profile,
    name: 'Acme',
    contacts: [],
    disableAfterS: null,
    payloadRetentionDays: null,
    externalId: null,
  })) as Tenant;
  for (const { types = null, enabled = true, ordered = false, rate = null } of endpoints) {
    made += 1;
    await database.db.query(
      `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, ordered, event_types, rate_per_second, created_at, updated_at)
       values ($1, $2, '', '', 'example.com', $3, $4, $5, $6, now(), now())`,
      [`ep_${String(made).padStart(4, '0')}`, tenant.id, enabled, ordered, types, rate],
    );
  }
  return tenant;
}

const emit = (
  tenant: Tenant,
  types: string[] = ['a.b'],
  more: Partial<AcceptRequest> = {},
): AcceptRequest => ({
  tenant,
  profile: profileNamed(tenant.profile),
  events: types.map((type, at) => ({
    type,
    timestampMs: 1_000 * at,
    data: JSON.stringify({ at }),
    id: undefined,
    requestHash: createHash('sha256').update(String(at)).digest(),
  })),
  idempotency: null,
  lease: { owner: 'us', ms: 60_000 },
  maxDeliveries: 100,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ...more,
});

/** All that is stored of a tenant's events, without ids and times of acceptance. */
async function storedOf({ id }: Tenant): Promise<unknown[]> {
  const { rows } = await database.db.query(
    `select e.type, e.occurred_at, convert_from(e.body, 'UTF8') as body, e.data_start, e.data_end, e.request_hash, e.is_test, e.traceparent,
       d.endpoint_id, d.event_type, d.status, d.held_reason, d.leased_by, d.leased_until > now() as leased, d.turn,
       convert_from(d.body, 'UTF8') as own_body, e.created_at > now() - interval '1 minute' as recent
     from events e left join deliveries d on d.tenant_id = e.tenant_id and d.event_id = e.id
     where e.tenant_id = $1 order by e.sort_id, d.id`,
    [id],
  );
  return rows.map((row) => ({
    ...row,
    // ids that stand in bodies
    ...{ body: anonymous(row.body), own_body: anonymous(row.own_body), endpoint_id: row.endpoint_id },
  }));
}
const anonymous = (text: string | null) => text?.replaceAll(/[a-z]{2,4}_[0-9a-z]{10,}/g, 'id') ?? null;

describe.each(PROFILES.map(({ name }) => name))('of the contract %s', (profile) => {
  test('a request is stored as by the transaction, and answered alike', async () => {
    const endpoints = [{}, { types: ['a.*'] }, { types: ['x.y'] }, { enabled: false }];
    const [one, other] = [await tenantWith(endpoints, profile), await tenantWith(endpoints, profile)];
    const types = ['a.b', 'x.y', 'a.b', 'nobody.wants'];
    const [atOnce] = (await acceptAtOnce(database.db, [emit(one, types)])) ?? [];
    const [later] = await transaction(database.db, (client) => acceptPatiently(client, [emit(other, types)]));
    if (atOnce === undefined || atOnce === APART || later === undefined) throw new Error('not accepted');
    const shape = ({ events, toDispatch, fresh }: typeof later) => ({
      events: events.map(({ type, timestampMs, deliveries }) => [
        type,
        timestampMs,
        deliveries.map((each) => each.status),
      ]),
      toDispatch: toDispatch.map(({ eventType, siblings, bytes, profile: name, rateLimited, isTest }) => ({
        eventType,
        siblings,
        bytes,
        name,
        rateLimited,
        isTest,
      })),
      fresh,
    });
    expect(shape(atOnce)).toEqual(shape(later));
    const offset = 4;
    const [own, others] = [await storedOf(one), await storedOf(other)];
    const renamed = (rows: unknown[], by: number) =>
      rows.map((row) => {
        const { endpoint_id: id, ...rest } = row as { endpoint_id: string | null };
        return { ...rest, endpoint: id === null ? null : Number(id.slice(3)) + by };
      });
    expect(renamed(own, offset)).toEqual(renamed(others, 0));
    expect(own.length).toBeGreaterThan(types.length);
  });
});

test.each([
  ['keeps order', { ordered: true }],
  ['has a rate limit', { rate: 5 }],
])('nothing is stored where an endpoint %s: the transaction does it', async (_what, endpoint) => {
  const plain = await tenantWith();
  const special = await tenantWith([endpoint]);
  expect(await acceptAtOnce(database.db, [emit(plain), emit(special)])).toBeNull();
  expect([await storedOf(plain), await storedOf(special)]).toEqual([[], []]);
  const acceptor = createAcceptor(database.db);
  await Promise.all([acceptor.accept(emit(plain)), acceptor.accept(emit(special))]);
  expect([(await storedOf(plain)).length, (await storedOf(special)).length]).toEqual([1, 1]);
});

test.each([
  [
    'an idempotency key',
    (tenant: Tenant) => emit(tenant, ['a.b'], { idempotency: { key: 'k', requestHash: Buffer.from('1') } }),
  ],
  [
    'an id of its own',
    (tenant: Tenant) => {
      const request = emit(tenant);
      return { ...request, events: request.events.map((event) => ({ ...event, id: 'mine' })) };
    },
  ],
  ['a test', (tenant: Tenant) => emit(tenant, ['a.b'], { testEndpointId: 'ep_0001' })],
])('%s needs the transaction', async (_what, request) => {
  const tenant = await tenantWith();
  expect(await acceptAtOnce(database.db, [request(tenant)])).toBeNull();
  expect(await storedOf(tenant)).toEqual([]);
});

test('a tenant that is deleted meanwhile gets no event, and the others of the group get theirs', async () => {
  const [gone, here] = [await tenantWith(), await tenantWith()];
  await database.db.query('update tenants set deleted_at = now() where id = $1', [gone.id]);
  const acceptor = createAcceptor(database.db);
  const [refused, accepted] = await Promise.allSettled([
    acceptor.accept(emit(gone)),
    acceptor.accept(emit(here)),
  ]);
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
  expect(accepted).toMatchObject({ status: 'fulfilled', value: { fresh: { events: 1, deliveries: 1 } } });
  expect(await storedOf(gone)).toEqual([]);
});

test('a request with too many deliveries is refused, and the others of its group are stored once', async () => {
  const tenant = await tenantWith([{}, {}]);
  const acceptor = createAcceptor(database.db);
  const requests = [emit(tenant), emit(tenant, ['a.b'], { maxDeliveries: 1 }), emit(tenant)];
  const answers = await Promise.allSettled(requests.map((request) => acceptor.accept(request)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(answers[1]).toMatchObject({ reason: { code: 'payload_too_large' } });
  expect((await storedOf(tenant)).length).toBe(4);
});

test.each(['endpoints', 'tenants'])('a lock on a row of %s holds up its own tenant alone', async (table) => {
  const [locked, free] = [await tenantWith(), await tenantWith()];
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('begin');
  const column = table === 'tenants' ? 'id' : 'tenant_id';
  await holder.query(`select 1 from ${table} where ${column} = $1 for update`, [locked.id]);
  const acceptor = createAcceptor(database.db);
  let waits = true;
  const waiting = acceptor.accept(emit(locked)).finally(() => {
    waits = false;
  });
  for (let round = 0; round < 5; round += 1) await acceptor.accept(emit(free));
  expect(waits).toBe(true);
  await holder.query('rollback');
  await holder.end();
  await waiting;
  expect([(await storedOf(locked)).length, (await storedOf(free)).length]).toEqual([1, 5]);
});

test('connections that were cut while idle cost no emit', async () => {
  const tenant = await tenantWith();
  const acceptor = createAcceptor(database.db);
  await Promise.all(Array.from({ length: 8 }, () => database.db.query('select pg_sleep(0.05)')));
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await Promise.all(Array.from({ length: 5 }, () => acceptor.accept(emit(tenant))));
  await admin.end();
  expect((await storedOf(tenant)).length).toBe(5);
});
