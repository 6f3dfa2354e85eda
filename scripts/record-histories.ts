/**
 * `npm run record-histories`: plays every kind of delivery on a service of its own and keeps the workflows' histories for
 * the replay tests. Record anew only when the workflow has changed compatibly and new paths must be covered; the
 * old files stay for as long as such workflows may be open somewhere.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { type Delivery, startScratchService } from './scratch-service.ts';

const target = join(PACKAGE_ROOT, 'test', 'histories');

/** Answers with the statuses in the path, one after the other, and then with the last one for ever. */
function receiveInTurn(): RequestListener {
  const counts = new Map<string, number>();
  return (request, response) => {
    const [, name = '', statuses = '200'] = (request.url ?? '').split('/');
    const answers = statuses.split('-').map(Number);
    const n = counts.get(name) ?? 0;
    counts.set(name, n + 1);
    request
      .resume()
      .on('end', () => response.writeHead(answers[Math.min(n, answers.length - 1)] ?? 200).end());
  };
}

const service = await startScratchService({
  settings: { TIDINGS_NOTICE_INTERVAL_S: '2' },
  logLevel: 'warn',
  receive: receiveInTurn(),
});
const { call } = service;
const connection = await Connection.connect(service.temporal.connection);
const temporal = new Client({ connection });

let serial = 0;
/** @param endpoints for each: the statuses that it answers and its settings */
async function tenantWith(...endpoints: [string, object][]): Promise<string> {
  const tenant = await service.createTenant({ name: 'Recorder' });
  for (const [statuses, settings] of endpoints) {
    serial += 1;
    await call('POST', `/v1/tenants/${tenant}/endpoints`, {
      url: `${service.receiverUrl}/e${serial}/${statuses}`,
      ...settings,
    });
  }
  return tenant;
}

const emit = (tenant: string) => service.emit(tenant, 'a.b', {});

async function until(deliveryId: string, ...statuses: string[]): Promise<Delivery> {
  for (;;) {
    const delivery = await call<Delivery>('GET', `/v1/deliveries/${deliveryId}`);
    if (statuses.includes(delivery.status)) return delivery;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function closed(workflowId: string): Promise<WorkflowHandle> {
  const handle = temporal.workflow.getHandle(workflowId);
  await handle.result().catch(() => {});
  return handle;
}

async function keep(name: string, workflowId: string): Promise<void> {
  const history = await (await closed(workflowId)).fetchHistory();
  await mkdir(target, { recursive: true });
  await writeFile(join(target, `${name}.json`), `${historyToJSON(history)}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

// A long timeout and no proof of speed: the lane `unproven`. A short one: the lane `quick`.
const normal = { timeout_ms: 15_000 };
const quick = { timeout_ms: 5_000 };

/** Runs that end by themselves. */
async function recordDeliveries(): Promise<void> {
  const runs: [string, string, object][] = [
    ['success-quick', '200', quick],
    ['success-normal', '200', normal],
    ['retries-quick', '500-503-200', { ...quick, retry_schedule: [1, 1] }],
    ['retries-normal', '500-503-200', { ...normal, retry_schedule: [1, 1] }],
    ['exhaustion', '500', { ...quick, retry_schedule: [1] }],
    ['gone', '410', { ...quick, retry_schedule: [1] }],
  ];
  for (const [name, statuses, settings] of runs) {
    const event = await emit(await tenantWith([statuses, settings]));
    await keep(name, (await until(event.deliveries[0].id, 'succeeded', 'failed')).workflow.id);
  }
}

/** Runs that somebody meddles with. */
async function recordInterventions(): Promise<void> {
  const press = (id: string) => call('POST', `/v1/deliveries/${id}/retry`);
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
}

/** Runs of several deliveries in a workflow. */
async function recordSharedRuns(): Promise<void> {
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
  await keep('fan-out', ends[0]?.workflow.id ?? '');

  const busy = await tenantWith(['200-500-200', { ...quick, retry_schedule: [1, 1, 1] }]);
  const burst = await Promise.all(Array.from({ length: 60 }, () => emit(busy)));
  const delivered = await Promise.all(burst.map((event) => until(event.deliveries[0].id, 'succeeded')));
  const shared = delivered
    .map((delivery) => delivery.workflow.id)
    .find((workflowId) => workflowId.startsWith('events_'));
  if (shared === undefined) throw new Error('No workflow took several events of the burst');
  await keep('burst', shared);
}

try {
  await recordDeliveries();
  await recordInterventions();
  await recordSharedRuns();
} finally {
  await connection.close();
  await service.stop();
}
process.exit(0);
