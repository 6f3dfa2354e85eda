/**
 * `npm run record-histories`: plays every kind of delivery on a service of its own and keeps the workflows' histories for
 * the replay tests. Record anew only when the workflow has changed compatibly and new paths must be covered; the
 * old files stay for as long as such workflows may be open somewhere.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { readEnvironment } from '../dist/src/config/environment.js';
import { createLogger } from '../dist/src/observability/logger.js';
import { PACKAGE_ROOT } from '../dist/src/package-root.js';
import { runEmbedded } from '../dist/src/runtime/processes.js';

const folder = await mkdtemp(join(tmpdir(), 'tidings-record-'));
const target = join(PACKAGE_ROOT, 'test', 'histories');
const environment = readEnvironment({
  TIDINGS_DATA_DIR: folder,
  TIDINGS_PORT: '0',
  TIDINGS_NOTICE_INTERVAL_S: '2',
});
const tidings = await runEmbedded(environment, {
  logger: createLogger('warn'),
  progress: (line) => console.log(line),
});
const connection = await Connection.connect(tidings.temporal.connection);
const temporal = new Client({ connection });

// Answers with the statuses in the path, one after the other, and then with the last one for ever.
const counts = new Map();
const receiver = createServer((request, response) => {
  const [, name, statuses] = (request.url ?? '').split('/');
  const answers = (statuses ?? '200').split('-').map(Number);
  const n = counts.get(name) ?? 0;
  counts.set(name, n + 1);
  request.resume().on('end', () => response.writeHead(answers[Math.min(n, answers.length - 1)]).end());
});
await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${receiver.address().port}`;

async function call(method, path, body) {
  const response = await fetch(tidings.service.url + path, {
    method,
    headers: { 'x-api-key': tidings.adminKey, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json();
}

let serial = 0;
/** @param endpoints for each: the statuses that it answers and its settings */
async function tenantWith(...endpoints) {
  const tenant = await call('POST', '/v1/tenants', { name: 'Recorder' });
  for (const [statuses, settings] of endpoints) {
    serial += 1;
    await call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
      url: `${base}/e${serial}/${statuses}`,
      ...settings,
    });
  }
  return tenant.id;
}

const emit = (tenant) => call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} });

async function until(deliveryId, ...statuses) {
  for (;;) {
    const delivery = await call('GET', `/v1/deliveries/${deliveryId}`);
    if (statuses.includes(delivery.status)) return delivery;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function closed(workflowId) {
  const handle = temporal.workflow.getHandle(workflowId);
  await handle.result().catch(() => {});
  return handle;
}

async function keep(name, workflowId) {
  const history = await (await closed(workflowId)).fetchHistory();
  await mkdir(target, { recursive: true });
  await writeFile(join(target, `${name}.json`), `${historyToJSON(history)}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

// A long timeout and no proof of speed: the normal lane. A short one: the quick lane.
const normal = { timeout_ms: 15_000 };
const quick = { timeout_ms: 5_000 };

async function record() {
  for (const [name, statuses, settings] of [
    ['success-quick', '200', quick],
    ['success-normal', '200', normal],
    ['retries-quick', '500-503-200', { ...quick, retry_schedule: [1, 1] }],
    ['retries-normal', '500-503-200', { ...normal, retry_schedule: [1, 1] }],
    ['exhaustion', '500', { ...quick, retry_schedule: [1] }],
    ['gone', '410', { ...quick, retry_schedule: [1] }],
  ]) {
    const event = await emit(await tenantWith([statuses, settings]));
    await keep(name, (await until(event.deliveries[0].id, 'succeeded', 'failed')).workflow.id);
  }

  const press = (id) => call('POST', `/v1/deliveries/${id}/retry`);
  const waiting = await emit(await tenantWith(['500-500-200', { ...quick, retry_schedule: [3600] }]));
  const [{ id }] = waiting.deliveries;
  const { workflow } = await until(id, 'retrying');
  await press(id);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await press(id);
  await until(id, 'succeeded');
  await keep('manual-retry-while-waiting', workflow.id);
  await press(id);
  await new Promise((resolve) => setTimeout(resolve, 500));
  await keep('manual-retry-after-the-end', `delivery_${id}`);

  const cancelled = await emit(await tenantWith(['500', { ...quick, retry_schedule: [3600] }]));
  const { workflow: stopped } = await until(cancelled.deliveries[0].id, 'retrying');
  await call('POST', `/v1/deliveries/${cancelled.deliveries[0].id}/cancel`);
  await keep('cancel', stopped.id);

  const whole = await emit(await tenantWith(['500', { ...quick, retry_schedule: [3600] }]));
  const { workflow: cancelledWorkflow } = await until(whole.deliveries[0].id, 'retrying');
  await temporal.workflow.getHandle(cancelledWorkflow.id).cancel();
  await keep('workflow-cancelled', cancelledWorkflow.id);

  const fanOut = await emit(
    await tenantWith(
      ['200', normal],
      ['500-200', { ...normal, retry_schedule: [1] }],
      ['500', { ...normal, retry_schedule: [1] }],
    ),
  );
  const ends = await Promise.all(
    fanOut.deliveries.map((delivery) => until(delivery.id, 'succeeded', 'failed')),
  );
  await keep('fan-out', ends[0].workflow.id);

  const busy = await tenantWith(['200-500-200', { ...quick, retry_schedule: [1, 1, 1] }]);
  const burst = await Promise.all(Array.from({ length: 60 }, () => emit(busy)));
  const delivered = await Promise.all(burst.map((event) => until(event.deliveries[0].id, 'succeeded')));
  const shared = delivered
    .map((delivery) => delivery.workflow.id)
    .find((workflowId) => workflowId.startsWith('events_'));
  await keep('burst', shared);
}

try {
  await record();
} finally {
  await connection.close();
  receiver.closeAllConnections();
  receiver.close();
  await tidings.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
