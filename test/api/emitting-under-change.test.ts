/**
 * Emits at full speed, while everything that they depend on is changed, are answered with 202 or with the refusal that the test
 * provoked.
 */
import { internalErrors } from '../../scripts/internal-errors.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { until } from '../helpers/scene.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { startUnrest } from '../helpers/unrest.ts';

let tidings: TestService;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  tidings = await startTestService({ TIDINGS_TENANT_KEY_RATE: '100000' });
});
afterAll(async () => {
  await tidings?.stop();
  await receiver?.close();
});

const CHANGES = [
  'endpoint changed',
  'endpoint deleted',
  'endpoint made',
  'event type made',
  'key made',
  'key revoked',
  'secret rotated',
  'tenant changed',
  'tenant deleted',
  'tenant made',
];

test('tenants, types, endpoints, keys and secrets change, and no emit of anybody is answered with an error', async () => {
  const { unrest, end } = await startUnrest({ url: tidings.url, receiverUrl: receiver.url });
  try {
    await until(
      'each kind of change has taken place ten times',
      () => CHANGES.every((change) => (unrest.changes[change] ?? 0) >= 10),
      240_000,
    );
  } finally {
    await end();
  }
  const { emits, unexpected, accepted } = unrest;
  expect(unexpected).toEqual([]);
  expect(Object.keys(emits).sort()).toEqual(['202', '401', '404']);
  expect(new Set([...accepted.values()].flat()).size).toBe(emits['202']);
  const { rows } = await tidings.database.db.query('select count(*) as events from events');
  expect(rows[0].events).toBe(emits['202']);
  // The service counts what its clients have seen.
  const { text } = await tidings.call('GET', '/metrics');
  expect(text).toMatch(/^tidings_internal_errors_total 0$/m);
}, 300_000);

test('a 500 is counted, and no other answer', async () => {
  const counted = async () =>
    Number(/^tidings_internal_errors_total (\d+)$/m.exec((await tidings.call('GET', '/metrics')).text)?.[1]);
  for (const path of ['/v1/tenants/none', '/nothing', '/v1/tenants?limit=x']) await tidings.call('GET', path);
  expect(await counted()).toBe(0);
  expect(await internalErrors(tidings.url)).toBeNull();
  await tidings.database.db.query('alter table audit_log rename to audit_log_gone');
  const { status } = await tidings.call('GET', '/v1/audit-log');
  await tidings.database.db.query('alter table audit_log_gone rename to audit_log');
  expect(status).toBe(500);
  // The page is written anew after a moment.
  await until('it is counted', async () => (await counted()) > 0);
  expect(await counted()).toBe(1);
  // What fails the fuzzing and the bench.
  expect(await internalErrors(tidings.url)).toMatch(/^1 requests.*\n.*route="\/v1\/audit-log"/);
});
