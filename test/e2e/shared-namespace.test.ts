/** Several installations use one namespace, each with a task queue of its own: no name of theirs is the same. */
import { Client, Connection } from '@temporalio/client';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

test('people are told although another installation is telling its own', async () => {
  const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  const client = new Client({ connection });
  // As a release before named it, in an installation whose workers are down.
  const others = await client.workflow.start('deliver', {
    workflowId: 'untold',
    taskQueue: 'of-others',
    args: [{}],
  });
  const tidings = await startTestService({ TIDINGS_NOTICE_INTERVAL_S: '1', TIDINGS_RECONCILE_AFTER_S: '1' });
  const failing = await startReceiver(500);
  const id = await tidings.deliverTo({ url: failing.url, retry_schedule: [] });
  await tidings.settled(id, ['failed']);
  const told = async () => {
    const { rows } = await tidings.database.db.query('select told_at as told from deliveries where id = $1', [
      id,
    ]);
    return rows[0].told;
  };
  await eventually(told, (at) => at !== null);
  // Its workflow is gone before it has told anybody.
  await tidings.database.db.query(
    `update deliveries set told_at = null, notice_id = null, ended_at = now() - interval '1 hour' where id = $1`,
    [id],
  );
  await tidings.service.reconcile();
  await eventually(told, (at) => at !== null);
  await others.terminate();
  await tidings.stop();
  await connection.close();
}, 90_000);

test('nothing that is begun has a name that another installation could use', async () => {
  const { readFileSync, readdirSync } = await import('node:fs');
  const { join } = await import('node:path');
  const { PACKAGE_ROOT } = await import('../../src/package-root.ts');
  const folder = join(PACKAGE_ROOT, 'src');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(
        /\b(?:workflowId|scheduleId|taskQueue): (['"`][^,\n]*)/g,
      ),
    ])
    .map(([, name]) => name);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !name?.includes('${'))).toEqual([]);
});
