/** A tenant of `npm start` reaches none of the ports on which our own processes listen. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createProcSource } from '../../src/http/listening-ports.ts';
import { newFolder, start } from '../helpers/embedded.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient } from '../helpers/service.ts';

/** What Temporal's HTTP API answers to somebody who asks for its version. */
async function isTemporalsHttpApi(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/system-info`, {
    signal: AbortSignal.timeout(2_000),
  }).then(
    (response) => response.text(),
    () => '',
  );
  return answer.includes('serverVersion');
}

test('no port of ours can be made an endpoint or be dialled, and other receivers on this machine still can', async () => {
  const folder = await newFolder();
  const tidings = await start(folder, '--no-demo');
  const key = (await readFile(join(folder, 'data', 'admin.key'), 'utf8')).trim();
  const admin = apiClient(tidings.url, key);
  const { body: tenant } = await admin('POST', '/v1/tenants', { name: 'Curious' });
  const { body: own } = await admin('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['manage', 'emit'],
  });
  const call = apiClient(tidings.url, own.key);

  const ports = [...(await createProcSource()(tidings.child.pid ?? 0))];
  // Those that people know of are four; Temporal's server opens more on its own account.
  expect(ports.length).toBeGreaterThan(6);
  expect(ports).toContain(Number(new URL(tidings.url).port));
  const temporal = await Promise.all(ports.map(isTemporalsHttpApi));
  expect(temporal).toContain(true);

  for (const port of ports) {
    const refused = await call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
      url: `http://localhost:${port}/`,
    });
    const made = await call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
      url: `http://127.0.0.1:${port}/`,
    });
    expect([port, made.status, made.body.errors?.[0].message]).toEqual([
      port,
      422,
      expect.stringMatching(/service of Tidings itself/),
    ]);
    // A name is judged when it is dialled.
    if (refused.status === 422) continue;
    const { body: outcome } = await call(
      'POST',
      `/v1/tenants/${tenant.id}/endpoints/${refused.body.id}/test`,
      {},
    );
    expect([port, outcome.attempts[0].error.code]).toEqual([port, 'address_blocked']);
    await call('DELETE', `/v1/tenants/${tenant.id}/endpoints/${refused.body.id}`);
  }

  const receiver = await startReceiver();
  const { body: endpoint } = await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  const { body: outcome } = await call('POST', `/v1/tenants/${tenant.id}/endpoints/${endpoint.id}/test`, {});
  expect(outcome.status).toBe('succeeded');
  await receiver.close();
  expect(await tidings.end('SIGTERM')).toBe(0);
}, 120_000);
