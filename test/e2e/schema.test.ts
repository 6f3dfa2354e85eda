/** A program whose database schema does not fit says so, waits for it, and never answers 500. */
import { MIGRATIONS } from '../../src/package-root.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createEmptyDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { migrateAsBefore } from '../helpers/old-schema.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const OPEN = ['/healthz', '/metrics', '/openapi.json', '/docs/'];

/** One request of every kind of route: what it asks of the database differs. */
async function refusalsOf({ call }: TestService): Promise<string[]> {
  const answers = await Promise.all([
    call('POST', '/v1/tenants', { name: 'One' }),
    call('POST', '/v1/tenants/ten_1/events', { type: 'a.b', data: {} }),
    call('POST', '/v1/tenants/ten_1/events/batch', { events: [{ type: 'a.b', data: {} }] }),
    call('GET', '/v1/tenants/ten_1/deliveries'),
    call('GET', '/v1/tenants', undefined, { 'x-api-key': 'tdk_nobody' }),
    call('POST', '/v1/deliveries/dlv_1/retry'),
    call('GET', '/v1/operational-events'),
  ]);
  return answers.map(({ status, body, headers }) => `${status} ${body.code} ${headers.get('retry-after')}`);
}
const all = (answer: string) => Array.from({ length: 7 }, () => answer);

describe.each([
  ['nothing', '0001_tables.sql'],
  ['0008_traceparent.sql', '0009_metrics_indexes.sql'],
])('with a schema as of %s', (last, missing) => {
  test('the program says what to run, refuses, waits for it, and then delivers without a restart', async () => {
    const database = await createEmptyDatabase();
    if (last !== 'nothing') await migrateAsBefore(database.db, last);
    const tidings = await startTestService({}, { database, untilWorking: false });
    const { status, body } = await tidings.call('GET', '/readyz');
    expect([status, body]).toMatchObject([
      503,
      {
        ready: false,
        database: 'ok',
        schema: 'outdated',
        advice: expect.stringContaining('run tidings migrate'),
      },
    ]);
    expect(body.advice).toContain(missing);
    expect(await refusalsOf(tidings)).toEqual(all('503 schema_outdated 10'));
    for (const path of OPEN) expect([path, (await tidings.call('GET', path)).status]).toEqual([path, 200]);

    await migrate(database.db, MIGRATIONS);
    await tidings.service.working;
    const receiver = await startReceiver();
    await tidings.settled(await tidings.deliverTo({ url: receiver.url }), ['succeeded']);
    expect(await tidings.call('GET', '/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, database: 'ok', temporal: 'ok', worker: 'ok' },
    });
    await tidings.stop();
    await database.drop();
  }, 60_000);
});

test('a process that is told to stop while it waits for the schema stops', async () => {
  const database = await createEmptyDatabase();
  const tidings = await startTestService({}, { database, untilWorking: false });
  await tidings.stop();
  await database.drop();
});

describe('a newer version has migrated', () => {
  let tidings: TestService;
  beforeAll(async () => {
    tidings = await startTestService();
  });
  afterAll(() => tidings?.stop());
  const asked = async () => (await tidings.call('GET', '/readyz')).body.schema ?? 'fits';

  test('by additions alone: this version goes on', async () => {
    await tidings.database.db.query(
      `alter table deliveries add column later text; insert into schema_migrations (name) values ('9998_adds.sql')`,
    );
    expect(await asked()).toBe('fits');
    const receiver = await startReceiver();
    await tidings.settled(await tidings.deliverTo({ url: receiver.url }), ['succeeded']);
  });

  test('by taking away what this version uses: it says so, and refuses from the first request on', async () => {
    const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'One' });
    const emit = () => tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
    expect((await emit()).status).toBe(202);
    await tidings.database.db.query(
      `begin; alter table events rename column traceparent to gone;
       insert into schema_migrations (name, needs) values ('9999_removes.sql', '9998_adds.sql'); commit`,
    );
    const { status, body, headers } = await emit();
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'schema_incompatible', '10']);
    expect(body.detail).toMatch(/9999_removes.sql.*Run the newer version/);
    expect(await tidings.call('GET', '/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, schema: 'incompatible' },
    });
    expect(await refusalsOf(tidings)).toEqual(all('503 schema_incompatible 10'));

    await tidings.database.db.query(
      `begin; alter table events rename column gone to traceparent;
       delete from schema_migrations where name = '9999_removes.sql'; commit`,
    );
    await eventually(emit, (answer) => answer.status === 202);
    expect(await asked()).toBe('fits');
  });
});
