/** The reason that a person gives for disabling an endpoint: shown as long as it is disabled, and in no place that outlives the tenant. */
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const NOTE = 'The CRM moves until Monday.';

async function makeEndpoint(settings: object = {}) {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Acme' });
  const list = `/v1/tenants/${tenant.id}/endpoints`;
  const created = await tidings.call('POST', list, { url: 'https://example.com/hooks', ...settings });
  const path = `${list}/${created.body.id}`;
  const change = (body: object) => tidings.call('PATCH', path, body);
  const note = async () => (await tidings.call('GET', path)).body.disabled_note;
  return { list, path, created, change, note, id: created.body.id as string };
}

test('it is shown as long as the endpoint is disabled', async () => {
  const endpoint = await makeEndpoint();
  expect(endpoint.created.body.disabled_note).toBeNull();
  const { body } = await endpoint.change({ enabled: false, disabled_note: NOTE });
  expect(body).toMatchObject({ enabled: false, disabled_reason: 'manual', disabled_note: NOTE });
  expect(body.health.summary).toContain(`“${NOTE}”`);
  expect((await tidings.call('GET', endpoint.list)).body.items[0]).toMatchObject({ disabled_note: NOTE });
  await endpoint.change({ description: 'Something else' });
  expect(await endpoint.note()).toBe(NOTE);
  await endpoint.change({ disabled_note: 'It moves until Tuesday.' });
  expect(await endpoint.note()).toBe('It moves until Tuesday.');
  await endpoint.change({ disabled_note: null });
  expect(await endpoint.note()).toBeNull();
});

test('enabling the endpoint removes it, so that it does not come back when it is disabled again', async () => {
  const endpoint = await makeEndpoint({ enabled: false, disabled_note: NOTE });
  expect(await endpoint.note()).toBe(NOTE);
  await endpoint.change({ enabled: true });
  expect(await endpoint.note()).toBeNull();
  await endpoint.change({ enabled: false });
  expect(await endpoint.note()).toBeNull();
});

test('an endpoint that Tidings has disabled can get one, and keeps its own reason', async () => {
  const endpoint = await makeEndpoint();
  await tidings.database.db.query(
    `update endpoints set enabled = false, disabled_reason = 'gone', disabled_at = now() where id = $1`,
    [endpoint.id],
  );
  expect((await endpoint.change({ disabled_note: NOTE })).body).toMatchObject({
    disabled_reason: 'gone',
    disabled_note: NOTE,
  });
});

test.each<[string, object, object]>([
  ['of an enabled endpoint', {}, { disabled_note: NOTE }],
  ['while it is enabled', { enabled: false }, { enabled: true, disabled_note: NOTE }],
  ['that is too long', { enabled: false }, { disabled_note: 'x'.repeat(501) }],
  ['that is no text', { enabled: false }, { disabled_note: 7 }],
  ['with a NUL', { enabled: false }, { disabled_note: 'a\u0000b' }],
])('one %s is refused at its field', async (_name, settings, change) => {
  const endpoint = await makeEndpoint(settings);
  const { status, body } = await endpoint.change(change);
  expect(status).toBe(422);
  expect(body.errors).toEqual([{ path: 'disabled_note', message: expect.any(String) }]);
  expect(await endpoint.note()).toBeNull();
});

test('a new endpoint that is enabled cannot have one', async () => {
  const { created } = await makeEndpoint({ disabled_note: NOTE });
  expect(created.status).toBe(422);
  expect(created.body.errors).toEqual([
    { path: 'disabled_note', message: expect.stringContaining('"enabled": false') },
  ]);
});

test('the audit log says that it was given, and not what it says', async () => {
  const endpoint = await makeEndpoint();
  await endpoint.change({ enabled: false, disabled_note: NOTE });
  const { body } = await tidings.call('GET', `/v1/audit-log?object_id=${endpoint.id}`);
  expect(body.items[0].details.fields).toEqual(['enabled', 'disabled_note']);
  expect(JSON.stringify(body)).not.toContain(NOTE);
});
