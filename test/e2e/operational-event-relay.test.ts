/** The relay of operational events: one that cannot be relayed delays no other, neither to the operator nor to people. */
import { newId } from '../../src/domain/ids.ts';
import { eventually } from '../helpers/eventually.ts';
import { startMailServer } from '../helpers/mail-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

test('an operational event that conflicts with what the operator has is left out; its people and all others hear', async () => {
  const mail = await startMailServer();
  const ops = await startReceiver();
  const tidings = await startTestService({ SMTP_URL: mail.url });
  const { db } = tidings.database;
  const { body: operator } = await tidings.call('PUT', '/v1/operator/endpoint', { url: ops.url });
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', {
    name: 'Acme',
    contacts: ['ops@example.com'],
  });
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: ops.url,
  });
  const ids = Array.from({ length: 5 }, () => newId('operationalEvent'));
  // Somebody was quicker, with something else.
  const { status } = await tidings.call('POST', `/v1/tenants/${operator.tenant_id}/events`, {
    id: ids[2],
    type: 'endpoint.recovered',
    data: { other: true },
  });
  expect(status).toBe(202);
  const values = ids.map((_, n) => `($${n + 3}, 'endpoint.recovered', $1, $2, $${n + 3}, '{}', now())`);
  await db.query(
    `insert into operational_events (id, type, tenant_id, endpoint_id, dedupe_key, data, created_at) values ${values.join(', ')}`,
    [tenant.id, endpoint.id, ...ids],
  );
  await eventually(
    () => db.query('select from operational_events where id = any($1) and told_at is null', [ids]),
    ({ rowCount }) => rowCount === 0,
  );
  await ops.until(5);
  expect(ops.received.map(({ headers }) => headers['webhook-id']).sort()).toEqual([...ids].sort());
  await eventually(
    () => mail.received.length,
    (count) => count === 1,
  );
  expect(mail.received[0]?.text).toContain('last of 5 changes');
  await tidings.stop();
  await mail.close();
}, 60_000);

test('a hundred messages behind a mail server that hangs are sent once each when it is back, by whichever process', async () => {
  const mail = await startMailServer();
  const receiver = await startReceiver(500);
  mail.accept(false);
  const first = await startTestService({ SMTP_URL: mail.url });
  const tenants: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const contacts = Array.from({ length: 20 }, (_, at) => `c${n}-${at}@example.com`);
    const { body: tenant } = await first.call('POST', '/v1/tenants', { name: `T${n}`, contacts });
    await first.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url, retry_schedule: [] });
    tenants.push(tenant.id);
  }
  await Promise.all(
    tenants.map((tenant) => first.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} })),
  );
  const unsettled = () =>
    first.database.db.query(`select from messages where channel = 'email' and settled_at is null`);
  await eventually(unsettled, ({ rowCount }) => rowCount === 100);
  // Another process on the same database.
  const second = await startTestService({ SMTP_URL: mail.url }, { database: first.database });
  mail.accept(true);
  await eventually(unsettled, ({ rowCount }) => rowCount === 0, 90_000);
  expect(mail.received).toHaveLength(100);
  expect(new Set(mail.received.flatMap(({ recipients }) => recipients)).size).toBe(100);
  expect(new Set(mail.received.map(({ messageId }) => messageId)).size).toBe(100);
  await second.stop();
  await first.stop();
  await mail.close();
}, 180_000);
