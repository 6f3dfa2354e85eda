/** Temporal's own command line shows an operator the workflows by tenant, endpoint and event type, and their state. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

async function temporal(...args: string[]): Promise<any> {
  const { stdout } = await promisify(execFile)(process.env.TEST_TEMPORAL_PROGRAM ?? '', [
    ...args,
    '--output',
    'json',
    '--address',
    process.env.TEST_TEMPORAL_ADDRESS ?? '',
  ]);
  return JSON.parse(stdout);
}

test('a waiting delivery is found by its tenant, endpoint and event type, and tells what it waits for', async () => {
  const receiver = await startReceiver(500);
  const tidings = await startTestService();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Visible' });
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: `${receiver.url}?token=not-to-be-seen`,
    retry_schedule: [3600],
  });
  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'own.type',
    data: 1,
  });
  const [{ id }] = event.deliveries;
  await tidings.settled(id, ['retrying']);

  const query = `TenantId = '${tenant.id}' and EndpointId = '${endpoint.id}' and EventType = 'own.type'`;
  const deadline = Date.now() + 20_000;
  let found: any[] = [];
  while (found.length === 0 && Date.now() < deadline)
    found = await temporal('workflow', 'list', '--query', query);
  const workflowId = event.id;
  expect(found.map((each) => each.execution.workflowId)).toEqual([workflowId]);

  const state = await temporal('workflow', 'query', '--workflow-id', workflowId, '--type', 'state');
  expect(state.queryResult).toEqual([[{ deliveryId: id, doing: 'waiting', dueAt: expect.any(String) }]]);

  const shown = JSON.stringify(await temporal('workflow', 'show', '--workflow-id', workflowId));
  expect(shown).not.toContain('not-to-be-seen');
  expect(shown).not.toContain(endpoint.secret);
  await tidings.stop();
});
