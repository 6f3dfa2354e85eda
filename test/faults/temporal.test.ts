/** Temporal is killed, is away for long, or has lost its data; a workflow is terminated by hand. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { createTestDatabase } from '../helpers/database.ts';
import { type OwnTemporal, ownTemporal } from '../helpers/own-servers.ts';
import { inScene, type Scene, until } from '../helpers/scene.ts';

const AWAY_S = Number(process.env.TIDINGS_FAULTS_AWAY_S ?? 45);

async function withTemporal(
  fault: string,
  story: (scene: Scene, temporal: OwnTemporal) => Promise<void>,
): Promise<void> {
  const [database, temporal] = await Promise.all([createTestDatabase(), ownTemporal()]);
  const setting = {
    databaseUrl: database.url,
    observer: database.db,
    roles: ['api', 'worker'] as const,
    temporalAddress: temporal.address,
  };
  await inScene(fault, setting, async (scene) => {
    await story(scene, temporal);
    await scene.account();
  });
}

/** Deliveries whose first attempt fails and whose second is some way off when the fault strikes. @returns their tenant */
async function waitingRetries(scene: Scene, count: number): Promise<string> {
  const late = await scene.receiver((response, { nth }) => response.writeHead(nth === 1 ? 503 : 200).end());
  const { tenant } = await scene.subscribe(late, { retry_schedule: [5, 5, 5] });
  await scene.emit(tenant, count);
  await until('all were refused once', () => late.arrivals.length >= count);
  return tenant;
}

test.concurrent('Temporal is killed and started again: nothing is lost, and the worker finds it by itself', async () => {
  await withTemporal('Temporal killed and restarted', async (scene, temporal) => {
    const { tenant } = await scene.subscribe(await scene.receiver());
    await waitingRetries(scene, 10);
    const stop = scene.load(tenant, 10);
    await sleep(1_500);
    await temporal.kill();
    await sleep(1_000);
    await temporal.start();
    await sleep(3_000);
    await stop();
  });
}, 360_000);

test.concurrent(
  'Temporal is away for long: what is accepted meanwhile arrives when it is back',
  async () => {
    await withTemporal(`Temporal away for ${AWAY_S} s`, async (scene, temporal) => {
      const { tenant } = await scene.subscribe(await scene.receiver());
      await waitingRetries(scene, 10);
      const stop = scene.load(tenant, 5);
      await sleep(1_500);
      await temporal.stop();
      await sleep(AWAY_S * 1_000);
      await temporal.start();
      await sleep(3_000);
      await stop();
    });
  },
  360_000 + AWAY_S * 1_000,
);

test.concurrent("Temporal's data is lost: every accepted event goes on in a new workflow", async () => {
  await withTemporal('Temporal restored empty', async (scene, temporal) => {
    const slow = await scene.receiver((response) => setTimeout(() => response.writeHead(200).end(), 500));
    const { tenant } = await scene.subscribe(slow);
    const waiting = await waitingRetries(scene, 10);
    const stop = scene.load(tenant, 10);
    await sleep(1_500);
    await temporal.kill();
    await temporal.forget();
    await temporal.start();
    await sleep(3_000);
    await stop();
    await until('a delivery of a forgotten workflow went on', async () => {
      const { body } = await scene.call('GET', `/v1/tenants/${waiting}/deliveries?status=succeeded&limit=1`);
      const [first] = body.items;
      if (first === undefined) return false;
      const { body: delivery } = await scene.call('GET', `/v1/deliveries/${first.id}`);
      return delivery.log_source === 'archive' && delivery.attempt_count > 1;
    });
  });
}, 420_000);

test.concurrent('workflows are terminated by hand, waiting and in flight: their deliveries go on', async () => {
  await withTemporal('workflows terminated by hand', async (scene, temporal) => {
    await waitingRetries(scene, 10);
    const slow = await scene.receiver((response) => setTimeout(() => response.writeHead(200).end(), 2_000));
    const { tenant } = await scene.subscribe(slow);
    await scene.emit(tenant, 5);
    await until('they are in flight', () => slow.arrivals.length >= 5);
    const connection = await Connection.connect({ address: temporal.address });
    const client = new Client({ connection });
    let terminated = 0;
    await until('some were found and terminated', async () => {
      for await (const { workflowId, type } of client.workflow.list({
        query: 'ExecutionStatus = "Running"',
      })) {
        if (type !== 'deliver') continue;
        await client.workflow
          .getHandle(workflowId)
          .terminate('by hand')
          .then(
            () => {
              terminated += 1;
            },
            () => {},
          );
      }
      return terminated > 0;
    });
    await connection.close();
    await scene.emit(tenant, 5);
  });
}, 420_000);
