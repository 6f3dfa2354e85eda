/** Emits that come together share transactions, and nothing else: not a refusal, not a wait, not an id. */
import { createHash, randomUUID } from 'node:crypto';
import { Problem } from '../../src/domain/errors.ts';
import { profileNamed } from '../../src/profiles/index.ts';
import type { AcceptRequest } from '../../src/store/accept-rows.ts';
import { createAcceptor } from '../../src/store/acceptor.ts';
import { createGroupCommit } from '../../src/store/group-commit.ts';
import { insertTenant, type Tenant } from '../../src/store/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
let tenants: Tenant[];
beforeAll(async () => {
  database = await createTestDatabase();
  const common = {
    profile: 'standard-webhooks',
    contacts: [],
    disableAfterS: null,
    payloadRetentionDays: null,
  };
  const names = ['one', 'two', 'three'];
  tenants = (await Promise.all(
    names.map((name) => insertTenant(database.db, { ...common, name, externalId: null })),
  )) as Tenant[];
  for (const { id } of tenants) {
    await database.db.query(
      `insert into endpoints (id, tenant_id, sealed, masked_url, host, enabled, created_at, updated_at)
       values ($1, $2, '', '', 'example.com', true, now(), now())`,
      [`ep_${id}`, id],
    );
  }
});
afterAll(() => database?.drop());

const hashOf = (text: string) => createHash('sha256').update(text).digest();

function request(
  tenant: Tenant | undefined,
  data: string,
  more: { id?: string; key?: string } = {},
): AcceptRequest {
  const requestHash = hashOf(data);
  return {
    tenant: tenant as Tenant,
    profile: profileNamed('standard-webhooks'),
    events: [{ type: 'a.b', timestampMs: 0, data, id: more.id, requestHash }],
    idempotency: more.key === undefined ? null : { key: more.key, requestHash },
    lease: null,
    maxDeliveries: 10,
  };
}

const stored = async (where: string) =>
  (
    await database.db.query(`select e.id, count(d.id) as deliveries, e.xmin::text as transaction from events e
    left join deliveries d on d.tenant_id = e.tenant_id and d.event_id = e.id where ${where} group by e.id, e.xmin`)
  ).rows;

test('two hundred emits of three tenants at once are all stored, each with its deliveries, in few transactions', async () => {
  const acceptor = createAcceptor(database.db);
  const accepted = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      acceptor.accept(request(tenants[n % 3], `{"n":${n}}`, { id: `many-${n}` })),
    ),
  );
  accepted.forEach(({ events, toDispatch, fresh }, n) => {
    expect(events).toMatchObject([
      { id: `many-${n}`, deliveries: [{ endpointId: `ep_${tenants[n % 3]?.id}` }] },
    ]);
    expect(toDispatch.map(({ tenantId }) => tenantId)).toEqual([tenants[n % 3]?.id]);
    expect(fresh).toEqual({ events: 1, deliveries: 1 });
  });
  const rows = await stored(`e.id like 'many-%'`);
  expect(rows).toHaveLength(200);
  expect(new Set(rows.map((row) => row.deliveries))).toEqual(new Set([1]));
  expect(new Set(rows.map((row) => row.transaction)).size).toBeLessThanOrEqual(10);
});

test('a refused emit does not affect others of its transaction', async () => {
  const acceptor = createAcceptor(database.db);
  await acceptor.accept(request(tenants[0], '"first"', { id: 'taken' }));
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, (_, n) =>
      acceptor.accept(request(tenants[0], `${n}`, { id: n === 25 ? 'taken' : `beside-${n}` })),
    ),
  );
  const refused = results.flatMap((result, n) => (result.status === 'rejected' ? [[n, result.reason]] : []));
  expect(refused).toEqual([[25, expect.any(Problem)]]);
  expect(refused[0]?.[1]).toMatchObject({ code: 'idempotency_conflict' });
  expect(await stored(`e.id like 'beside-%'`)).toHaveLength(49);
});

test('the same request many times at once is one event, with the same ids for all', async () => {
  const acceptor = createAcceptor(database.db);
  const other = createAcceptor(database.db);
  const key = randomUUID();
  const accepted = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? acceptor : other).accept(request(tenants[1], '"same"', { key })),
    ),
  );
  const [first] = accepted;
  for (const { events } of accepted) expect(events).toEqual(first?.events);
  expect(accepted.reduce((sum, { fresh }) => sum + fresh.events, 0)).toBe(1);
  expect(accepted.flatMap(({ toDispatch }) => toDispatch)).toHaveLength(1);
  await expect(acceptor.accept(request(tenants[1], '"another"', { key }))).rejects.toMatchObject({
    code: 'idempotency_conflict',
  });
  // Another tenant may use the same key.
  expect((await acceptor.accept(request(tenants[2], '"another"', { key }))).fresh.events).toBe(1);
});

test('a value that the database refuses is an error of its own request alone', async () => {
  const acceptor = createAcceptor(database.db);
  const bad = request(tenants[0], '1', { id: 'bad' });
  const [event] = bad.events;
  if (event !== undefined) event.type = 'nul\0';
  const results = await Promise.allSettled([
    ...Array.from({ length: 10 }, (_, n) => acceptor.accept(request(tenants[0], '1', { id: `good-${n}` }))),
    acceptor.accept(bad),
  ]);
  expect(results.map(({ status }) => status)).toEqual([...Array(10).fill('fulfilled'), 'rejected']);
  expect(await stored(`e.id like 'good-%'`)).toHaveLength(10);
});

test('requests that are made one right after the other share a transaction from the first on', async () => {
  const groups: number[][] = [];
  const commit = async (requests: number[]) => {
    groups.push(requests);
    return requests.map((each) => each * 2);
  };
  const ask = createGroupCommit<number, number>({
    commit,
    commitPatiently: commit,
    namesOf: () => [],
    ownerOf: String,
    sizeOf: () => 1,
    transactions: 3,
    patientTransactions: 1,
    maxRequests: 100,
    maxSize: 100,
  });
  expect(await Promise.all([1, 2, 3, 4, 5].map(ask))).toEqual([2, 4, 6, 8, 10]);
  expect(groups).toEqual([[1, 2, 3, 4, 5]]);
});
