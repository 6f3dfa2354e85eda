/** Times, address and certificate of an attempt name the tenant's host, as its URL does: they are erased with the tenant, and not before. */
import { noEffects } from '../../src/store/endpoint-effects.ts';
import { erasePayloads } from '../../src/store/erasure.ts';
import { createRecorder } from '../../src/store/recorder.ts';
import type { AttemptRecord, Transport } from '../../src/store/records.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep']);
});
afterAll(() => database?.drop());

const TRANSPORT: Transport = {
  timings: { resolve: 1.5, connect: 2, tls: 3, firstByte: 4, body: 0, reused: false },
  remoteAddress: '203.0.113.7:443',
  tls: {
    protocol: 'TLSv1.3',
    subject: 'CN=secret.example',
    issuer: 'CN=Authority',
    validTo: '2027-01-01T00:00:00.000Z',
    names: ['secret.example'],
    fingerprintSha256: 'AA:BB',
  },
};

const claim = (id: string) =>
  insertDeliveries(database.db, 'ep', [id], {
    status: "'delivering'",
    claim_number: '1',
    claim_run: "'run'",
    claim_trigger: "'schedule'",
    claim_from: "'pending'",
    claim_started_at: 'now()',
  });

const record = (deliveryId: string) =>
  createRecorder(database.db, { disableAfterMs: 1e9 }).record([
    {
      ...{ deliveryId, number: 1, trigger: 'schedule', pressId: null, workflowId: 'w', runId: 'run' },
      ...{ claimRunId: 'run', startedAtMs: Date.now(), durationMs: 1, responseStatus: null },
      ...{ errorCode: null, errorMessage: null, next: { status: 'succeeded' }, slotsUsed: 1, endedAgoMs: 0 },
      ...{ notBeforeMs: null, planVersion: 0, effects: noEffects('ep') },
      exchange: {
        ...{ url: 'https://secret.example/', urlSealed: null, requestHeaders: [], response: null },
        ...{ received: null, wire: null, transport: TRANSPORT },
      },
    } satisfies AttemptRecord,
  ]);

async function kept(id: string) {
  const { rows } = await database.db.query(
    'select request_url as url, transport from attempts where delivery_id = $1',
    [id],
  );
  expect(rows).toHaveLength(1);
  return rows[0];
}

test.each([
  ['payload', 'https://secret.example/', TRANSPORT],
  ['tenant', null, null],
] as const)(
  'an erasure of the %s after the record leaves what it may leave',
  async (what, url, transport) => {
    const id = `dlv_after_${what}`;
    await claim(id);
    await record(id);
    expect((await kept(id)).transport).toEqual(TRANSPORT);
    await erasePayloads(database.db, 'ten', [id], what);
    expect(await kept(id)).toEqual({ url, transport });
  },
);

test.each([
  ['payload', 'https://secret.example/', TRANSPORT],
  ['tenant', null, null],
] as const)('and so does one during the attempt, of the %s', async (what, url, transport) => {
  const id = `dlv_during_${what}`;
  await claim(id);
  await erasePayloads(database.db, 'ten', [id], what);
  await record(id);
  expect(await kept(id)).toEqual({ url, transport });
});
