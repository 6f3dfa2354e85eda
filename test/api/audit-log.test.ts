/** The audit log: it is written in the transaction of each change, can be read, and is never altered. */
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const entries = async (query: string) =>
  (await tidings.call('GET', `/v1/audit-log?limit=200&${query}`)).body.items;

test('the audit log has every change of a tenant and its endpoint, newest first, with the key that made it', async () => {
  const receiver = await startReceiver(500);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Watched' });
  const { body: key } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['manage'],
    name: 'portal',
  });
  const call = apiClient(tidings.url, key.key);
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const { body: endpoint } = await call('POST', base, {
    url: `${receiver.url}?token=top-secret-1`,
    retry_schedule: [],
  });
  await call('PATCH', `${base}/${endpoint.id}`, { headers: { 'x-mine': 'top-secret-2' } });
  await call('GET', `${base}/${endpoint.id}/secret`);
  await call('GET', `${base}/${endpoint.id}?reveal=true`);
  await call('POST', `${base}/${endpoint.id}/secret/rotate`, {});
  await tidings.call('POST', `/v1/tenants/${tenant.id}/event-types`, { name: 'a.b', example: {} });
  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: {},
  });
  const [{ id }] = event.deliveries;
  await tidings.settled(id);
  await call('POST', `/v1/deliveries/${id}/retry`);
  await call('GET', `/v1/deliveries/${id}/curl?reveal=true`);
  await call('DELETE', `${base}/${endpoint.id}`);
  await tidings.call('DELETE', `/v1/keys/${key.id}`);
  await tidings.call('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Watched still' });

  const found = await entries(`tenant=${tenant.id}`);
  expect(found.map(({ action, object_id: object, actor }: any) => [action, object, actor.key_id])).toEqual([
    ['tenant.updated', tenant.id, 'admin'],
    ['key.revoked', key.id, 'admin'],
    ['endpoint.deleted', endpoint.id, key.id],
    ['delivery.curl_revealed', id, key.id],
    ['delivery.retried', id, key.id],
    ['event_type.created', 'a.b', 'admin'],
    ['endpoint.secret_rotated', endpoint.id, key.id],
    ['endpoint.url_revealed', endpoint.id, key.id],
    ['endpoint.secret_revealed', endpoint.id, key.id],
    ['endpoint.updated', endpoint.id, key.id],
    ['endpoint.created', endpoint.id, key.id],
    ['key.created', key.id, 'admin'],
    ['tenant.created', tenant.id, 'admin'],
  ]);
  expect(found[2]).toMatchObject({ actor: { name: 'portal' }, request_id: expect.stringMatching(/^req_/) });
  expect(found[9].details).toEqual({ fields: ['headers'] });
  expect(JSON.stringify(found)).not.toContain('top-secret');
  expect(await entries(`object_id=${id}&action=delivery.retried`)).toHaveLength(1);
});

test('a change of each field says what it was and what it is, without secrets and without words of the tenant, which an erasure must reach', async () => {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Changed' });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const receiver = await startReceiver();
  const { body: endpoint } = await tidings.call('POST', base, {
    url: `${receiver.url}?token=secret-1`,
    auth: { type: 'bearer', token: 'secret-2' },
    headers: { 'x-key': 'secret-3' },
  });
  const changes = {
    url: `${receiver.url}/b?token=secret-4`,
    auth: { type: 'basic', username: 'secret-5', password: 'secret-6' },
    headers: { 'x-other': 'secret-7' },
    description: 'The second',
    event_types: ['a.b'],
    timeout_ms: 2_000,
    retry_schedule: [60],
    rate_limit: { per_second: 5 },
    ordered: true,
    enabled: false,
  };
  for (const [field, value] of Object.entries(changes)) {
    const before = (await tidings.call('GET', `${base}/${endpoint.id}`)).body;
    const { status, body: after } = await tidings.call('PATCH', `${base}/${endpoint.id}`, { [field]: value });
    expect([field, status]).toEqual([field, 200]);
    const [{ details }] = await entries(`object_id=${endpoint.id}`);
    const isKept = !['url', 'headers', 'description'].includes(field);
    expect(details).toEqual({
      fields: [field],
      ...(isKept && { [field]: after[field], was: { [field]: before[field] } }),
    });
  }
  const { origin } = new URL(receiver.url);
  const other = origin.replace('127.0.0.1', 'localhost');
  await tidings.call('PATCH', `${base}/${endpoint.id}`, { url: `${other}/words` });
  const [{ details: moved }] = await entries(`object_id=${endpoint.id}`);
  expect(moved).toEqual({ fields: ['url'], url: other, was: { url: origin } });
  await tidings.call('PATCH', `/v1/tenants/${tenant.id}`, {
    name: 'Changed twice',
    disable_after_s: 3_600,
    contacts: ['secret-8@a.example'],
  });
  const found = await entries(`tenant=${tenant.id}`);
  expect(found[0].details).toEqual({
    fields: ['name', 'contacts', 'disable_after_s'],
    disable_after_s: 3_600,
    was: { disable_after_s: null },
  });
  expect(JSON.stringify(found)).not.toContain('secret-');
  // The names beside the details are read from the rows, which an erasure reaches.
  expect(JSON.stringify(found.map(({ details }: any) => details))).not.toMatch(
    /\/b\b|words|The second|x-other|Changed/,
  );
});

test('a change that was refused is not in the audit log', async () => {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Refused' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: 'https://10.0.0.1/' });
  await tidings.call('PATCH', `/v1/tenants/${tenant.id}/endpoints/ep_none`, { enabled: false });
  expect((await entries(`tenant=${tenant.id}`)).map((entry: any) => entry.action)).toEqual([
    'tenant.created',
  ]);
});

test.each(['update audit_log set actor = $$me$$', 'delete from audit_log', 'truncate audit_log'])(
  'the database refuses: %s',
  async (statement) => {
    await expect(tidings.database.db.query(statement)).rejects.toThrow('append-only');
  },
);

test('one delivery takes 60 presses of retry a minute; the next are told how long to wait', async () => {
  const receiver = await startReceiver();
  const id = await tidings.deliverTo({ url: receiver.url });
  await tidings.settled(id);
  const answers = await Promise.all(
    Array.from({ length: 75 }, () => tidings.call('POST', `/v1/deliveries/${id}/retry`)),
  );
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(60);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(15);
  expect(refused[0]).toMatchObject({ body: { code: 'too_many_requests' } });
  const waitS = Number(refused[0]?.headers.get('retry-after'));
  expect(waitS).toBeGreaterThan(0);
  expect(waitS).toBeLessThanOrEqual(60);
  // Every press that was taken is carried out.
  await receiver.until(61, 60_000);
  expect(await entries(`object_id=${id}&action=delivery.retried`)).toHaveLength(60);
});

test('the audit log and the operational events can be read of one tenant, and name it, also when it is deleted', async () => {
  const receiver = await startReceiver(200);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', {
    name: 'Named',
    external_id: 'named-1',
  });
  const { body: other } = await tidings.call('POST', '/v1/tenants', { name: 'Other' });
  for (const { id } of [tenant, other]) {
    const base = `/v1/tenants/${id}/endpoints`;
    const { body: endpoint } = await tidings.call('POST', base, { url: receiver.url });
    await tidings.call('POST', `${base}/${endpoint.id}/secret/rotate`, {});
  }
  await tidings.call('DELETE', `/v1/tenants/${tenant.id}`);
  const events = async (query: string) =>
    (await tidings.call('GET', `/v1/operational-events?limit=200&${query}`)).body.items;
  expect((await events(`tenant=${other.id}`)).map((each: { tenant: unknown }) => each.tenant)).toEqual([
    { name: 'Other', external_id: null, deleted_at: null },
  ]);
  const concerned = (await events('')).map((each: { tenant_id: string }) => each.tenant_id);
  expect(concerned).toEqual(expect.arrayContaining([tenant.id, other.id]));
  const deleted = (await entries('action=tenant.deleted')).find(
    (each: { tenant_id: string }) => each.tenant_id === tenant.id,
  );
  // Its external id is free for another one.
  expect(deleted.tenant).toEqual({ name: 'Named', external_id: null, deleted_at: expect.any(String) });
  expect((await tidings.call('GET', '/v1/operational-events?tenant=ten_unknown')).status).toBe(404);
  await receiver.close();
});

test('the operational events of one endpoint can be read, also when it is deleted, and by nobody else', async () => {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'One' });
  const { body: other } = await tidings.call('POST', '/v1/tenants', { name: 'Another' });
  const keyOf = async (id: string) =>
    (await tidings.call('POST', '/v1/keys', { kind: 'tenant', tenant: id, scopes: ['read'] })).body.key;
  const keys = { own: await keyOf(tenant.id), foreign: await keyOf(other.id) };
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const ids: string[] = [];
  for (const name of ['first', 'second']) {
    const { body } = await tidings.call('POST', base, { url: `https://example.com/${name}` });
    ids.push(body.id);
    for (let turn = 0; turn < 3; turn += 1)
      await tidings.call('POST', `${base}/${body.id}/secret/rotate`, { overlap_seconds: 0 });
  }
  await tidings.call('DELETE', `${base}/${ids[0]}`);
  const concerned = async (query: string, key?: string) => {
    const path = `/v1/operational-events?${query}`;
    const headers = key === undefined ? undefined : { 'x-api-key': key };
    const { body } = await tidings.call('GET', path, undefined, headers);
    return body.items.map((each: { endpoint_id: string }) => each.endpoint_id);
  };
  const { body: told } = await tidings.call('GET', `/v1/operational-events?tenant=${tenant.id}`);
  const { body: done } = await tidings.call('GET', `/v1/audit-log?tenant=${tenant.id}`);
  const named = [...told.items, ...done.items].filter((each) => each.endpoint !== null);
  expect(named.length).toBeGreaterThan(6);
  for (const each of named) {
    const isFirst = (each.endpoint_id ?? each.object_id) === ids[0];
    expect(each.endpoint).toEqual({
      url: `https://example.com/${isFirst ? 'first' : 'second'}`,
      description: null,
      deleted_at: isFirst ? expect.any(String) : null,
    });
  }
  for (const id of ids) {
    const three = [id, id, id];
    expect(await concerned(`endpoint=${id}`)).toEqual(three);
    expect(await concerned(`endpoint=${id}&tenant=${tenant.id}`)).toEqual(three);
    expect(await concerned(`endpoint=${id}`, keys.own)).toEqual(three);
    expect(await concerned(`endpoint=${id}`, keys.foreign)).toEqual([]);
    expect(await concerned(`endpoint=${id}&tenant=${other.id}`)).toEqual([]);
    const first = await tidings.call('GET', `/v1/operational-events?endpoint=${id}&limit=2`);
    expect(await concerned(`endpoint=${id}&limit=2&cursor=${first.body.next_cursor}`)).toEqual([id]);
  }
  expect(await concerned('endpoint=ep_unknown')).toEqual([]);
});
