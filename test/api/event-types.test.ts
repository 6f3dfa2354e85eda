/**
 * A tenant's own event types: their number and size are limited, they are listed in pages, and lists that need only names do not
 * read their schemas.
 */
import type { TestService } from '../helpers/service.ts';
import { startTestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_MAX_OWN_EVENT_TYPES: '5', TIDINGS_MAX_SCHEMA_BYTES: '2000' });
});
afterAll(() => tidings?.stop());

async function newTenant(profile = 'standard-webhooks'): Promise<string> {
  const { body } = await tidings.call('POST', '/v1/tenants', { name: 'Types', profile });
  return body.id;
}
const add = (tenant: string, type: object) =>
  tidings.call('POST', `/v1/tenants/${tenant}/event-types`, { example: {}, ...type });
const problem = (status: number, code: string) =>
  expect.objectContaining({ status, body: expect.objectContaining({ code }) });

/** As an earlier release may have left them. */
async function insertTypes(tenant: string, count: number, exampleBytes: number): Promise<void> {
  await tidings.database.db.query(
    `insert into event_types select $1, 'old.type_' || lpad(n::text, 4, '0'), '', '{}',
       '"' || (select string_agg(md5(random()::text), '') from generate_series(1, $3 / 32)) || '"', now()
     from generate_series(1, $2) n`,
    [tenant, count, exampleBytes],
  );
}

async function allPages(tenant: string, query = ''): Promise<{ pages: number[]; names: string[] }> {
  const pages: number[] = [];
  const names: string[] = [];
  for (let cursor = ''; ; ) {
    const { status, body } = await tidings.call(
      'GET',
      `/v1/tenants/${tenant}/event-types?${query}${cursor && `&cursor=${cursor}`}`,
    );
    expect(status).toBe(200);
    pages.push(body.items.length);
    names.push(...body.items.map((each: { name: string }) => each.name));
    if (body.next_cursor === null) return { pages, names };
    cursor = body.next_cursor;
  }
}

test('a tenant may add as many as the operator allows, also when they all come at once', async () => {
  const tenant = await newTenant();
  const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => add(tenant, { name: `n.n${at}` })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused).toEqual(Array(3).fill(problem(422, 'limit_reached')));
  expect(refused[0]?.body.detail).toMatch(/may have at most 5 event types.*TIDINGS_MAX_OWN_EVENT_TYPES/);
  // One that it has already is still that.
  const [known] = answers.filter(({ status }) => status === 201);
  expect(await add(tenant, { name: known?.body.name })).toEqual(problem(409, 'conflict'));
});

test('a tenant that has more than are allowed keeps them, uses them, and adds none', async () => {
  const tenant = await newTenant('reading-steps');
  await insertTypes(tenant, 12, 32);
  expect(await add(tenant, { name: 'new.type' })).toEqual(problem(422, 'limit_reached'));
  const { names } = await allPages(tenant);
  expect(names.filter((name) => name.startsWith('old.'))).toHaveLength(12);
  const emitted = await tidings.call('POST', `/v1/tenants/${tenant}/events`, {
    type: 'old.type_0012',
    data: 1,
  });
  expect(emitted.status).toBe(202);
});

test('a schema may be as long as the operator allows', async () => {
  const tenant = await newTenant();
  const schema = (length: number) => ({ description: 'é'.repeat((length - 18) / 2) });
  expect((await add(tenant, { name: 'as.long', schema: schema(2_000) })).status).toBe(201);
  const answer = await add(tenant, { name: 'too.long', schema: schema(2_002) });
  expect(answer).toEqual(problem(422, 'validation_failed'));
  expect(answer.body.errors).toEqual([{ path: 'schema', message: 'may have at most 2000 bytes' }]);
});

test.each([
  ['standard-webhooks', 1],
  ['reading-steps', 11],
])("the pages of %s hold the catalogue, then the tenant's own by name, each once", async (profile, known) => {
  const tenant = await newTenant(profile);
  await insertTypes(tenant, 7, 32);
  for (const limit of [1, 2, known, known + 1, known + 6, known + 7, 200]) {
    const { pages, names } = await allPages(tenant, `limit=${limit}`);
    expect(names).toHaveLength(known + 7);
    expect(new Set(names).size).toBe(known + 7);
    expect(names.slice(known)).toEqual(Array.from({ length: 7 }, (_, at) => `old.type_000${at + 1}`));
    expect(pages).toHaveLength(Math.ceil((known + 7) / limit));
  }
});

test('a page of long examples is short in types, and the next one goes on', async () => {
  const tenant = await newTenant();
  await insertTypes(tenant, 9, 200_000);
  const { pages, names } = await allPages(tenant, 'limit=200');
  expect(names.slice(1)).toHaveLength(9);
  // 512 KiB hold two of them.
  expect(Math.max(...pages.slice(1))).toBe(2);
});

test.each(['bm90LWEtY3Vyc29y', Buffer.from('tenant:').toString('base64url')])(
  'a cursor that is none, %s, is refused',
  async (cursor) => {
    const tenant = await newTenant();
    const answer = await tidings.call('GET', `/v1/tenants/${tenant}/event-types?cursor=${cursor}`);
    expect(answer).toEqual(problem(422, 'validation_failed'));
  },
);

test('one of them is asked for by its name', async () => {
  const tenant = await newTenant('reading-steps');
  await add(tenant, { name: 'my.own', schema: { type: 'object' }, example: { a: 1 } });
  const path = `/v1/tenants/${tenant}/event-types`;
  expect((await tidings.call('GET', `${path}/my.own`)).body).toEqual({
    ...{ name: 'my.own', description: '', schema: { type: 'object' }, example: { a: 1 }, origin: 'tenant' },
  });
  expect((await tidings.call('GET', `${path}/student.created`)).body.origin).toBe('profile');
  expect(await tidings.call('GET', `${path}/my.other`)).toEqual(problem(404, 'not_found'));
});

test("an endpoint may want the tenant's own types, by name and by prefix, and only those that there are", async () => {
  const tenant = await newTenant('reading-steps');
  await insertTypes(tenant, 60, 32);
  const want = (...types: string[]) =>
    tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url: 'http://127.0.0.1/', event_types: types });
  expect((await want('old.type_0001', 'old.*', 'student.*', 'test')).status).toBe(201);
  const answer = await want('old.*', 'older.*', 'old', 'old.type', 'ol.*', 'old.type_0001.*');
  expect(answer).toEqual(problem(422, 'unknown_event_type'));
  expect(answer.body.errors.map((each: { path: string }) => each.path)).toEqual(
    [1, 2, 3, 4, 5].map((at) => `event_types.${at}`),
  );
  // It names some of what there is, not all.
  expect(answer.body.errors[0].message).toMatch(/student\.created.*and more$/);
});

describe('one of its own that is changed', () => {
  const path = (tenant: string, name = 'my.own') => `/v1/tenants/${tenant}/event-types/${name}`;
  const schema = { type: 'object', required: ['a'] };

  test('is as the request says, and the rest stays; the next event is checked by it', async () => {
    const tenant = await newTenant('reading-steps');
    await add(tenant, { name: 'my.own', description: 'Mine', example: { a: 1.5 } });
    const emit = (data: unknown) =>
      tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'my.own', data });
    expect((await emit({})).status).toBe(202);
    const { status, body } = await tidings.call('PATCH', path(tenant), { schema });
    expect([status, body]).toEqual([
      200,
      { name: 'my.own', description: 'Mine', schema, example: { a: 1.5 }, origin: 'tenant' },
    ]);
    expect(await emit({})).toEqual(problem(422, 'schema_mismatch'));
    expect((await emit({ a: 1 })).status).toBe(202);
    expect((await tidings.call('PATCH', path(tenant), { description: 'Yours' })).body.schema).toEqual(schema);
    expect((await tidings.call('GET', path(tenant))).body.description).toBe('Yours');
    const { body: log } = await tidings.call('GET', `/v1/audit-log?tenant=${tenant}&limit=1`);
    expect(log.items).toMatchObject([
      { action: 'event_type.updated', object_id: 'my.own', details: { fields: ['description'] } },
    ]);
  });

  test('keeps an example that its schema accepts, written as it came', async () => {
    const tenant = await newTenant();
    await add(tenant, { name: 'my.own', example: {} });
    expect(await tidings.call('PATCH', path(tenant), { schema })).toEqual(problem(422, 'schema_mismatch'));
    const changed = await tidings.call(
      'PATCH',
      path(tenant),
      `{"schema":${JSON.stringify(schema)},"example":{"a":1.0}}`,
    );
    expect(changed.status).toBe(200);
    const { rows } = await tidings.database.db.query('select example from event_types where tenant_id = $1', [
      tenant,
    ]);
    expect(rows).toEqual([{ example: '{"a":1.0}' }]);
    expect(await tidings.call('PATCH', path(tenant), { schema: { type: 7 } })).toEqual(
      problem(422, 'validation_failed'),
    );
    expect(await tidings.call('PATCH', path(tenant), { name: 'other' })).toEqual(
      problem(422, 'validation_failed'),
    );
  });

  test('by two at once is as one of them said, not as a mixture', async () => {
    const tenant = await newTenant();
    await add(tenant, { name: 'my.own', schema: {}, example: 'x' });
    const answers = await Promise.all([
      tidings.call('PATCH', path(tenant), { schema: { type: 'string' } }),
      tidings.call('PATCH', path(tenant), { example: 7 }),
    ]);
    const { body } = await tidings.call('GET', path(tenant));
    expect(answers.map(({ status }) => status)).toContain(200);
    expect([JSON.stringify(body.schema), body.example]).not.toEqual(['{"type":"string"}', 7]);
  });

  test.each(['PATCH', 'DELETE'])(
    '%s: one of the profile is not its own, and one that there is not is a 404',
    async (method) => {
      const tenant = await newTenant('reading-steps');
      const body = method === 'PATCH' ? { description: 'x' } : undefined;
      expect(await tidings.call(method, path(tenant, 'test'), body)).toEqual(problem(409, 'conflict'));
      expect(await tidings.call(method, path(tenant, 'no.such'), body)).toEqual(problem(404, 'not_found'));
    },
  );
});

describe('an archived one', () => {
  const archive = (tenant: string, name: string) =>
    tidings.call('DELETE', `/v1/tenants/${tenant}/event-types/${name}`);

  test.each(['standard-webhooks', 'reading-steps'])(
    'of %s is neither offered nor accepted, and is still shown where it was used',
    async (profile) => {
      const tenant = await newTenant(profile);
      const base = `/v1/tenants/${tenant}`;
      await add(tenant, { name: 'my.own', example: { a: 1 } });
      await add(tenant, { name: 'my.other' });
      const url = 'http://127.0.0.1/';
      const { body: endpoint } = await tidings.call('POST', `${base}/endpoints`, {
        url,
        event_types: ['my.own'],
      });
      const { body: before } = await tidings.call('POST', `${base}/events`, { type: 'my.own', data: {} });
      expect((await archive(tenant, 'my.own')).status).toBe(204);
      expect((await archive(tenant, 'my.own')).status).toBe(204);

      expect((await allPages(tenant)).names).not.toContain('my.own');
      expect((await allPages(tenant, 'archived=true&limit=1')).names).toContain('my.own');
      const emits: [string, object][] = [
        ['type', { type: 'my.own', data: {} }],
        [
          'events.1.type',
          {
            events: [
              { type: 'my.other', data: {} },
              { type: 'my.own', data: {} },
            ],
          },
        ],
      ];
      for (const [at, body] of emits) {
        const refused = await tidings.call('POST', `${base}/events${at === 'type' ? '' : '/batch'}`, body);
        expect(refused).toEqual(problem(422, 'unknown_event_type'));
        expect(refused.body.errors).toEqual([{ path: at, message: expect.stringMatching(/archived.*Add/) }]);
      }
      const test = { event_type: 'my.own' };
      expect(await tidings.call('POST', `${base}/endpoints/${endpoint.id}/test`, test)).toEqual(
        problem(422, 'unknown_event_type'),
      );
      expect(await tidings.call('PATCH', `${base}/event-types/my.own`, { description: 'x' })).toEqual(
        problem(409, 'conflict'),
      );
      // Who wanted it keeps it, and may still say so.
      const keeps = await tidings.call('PATCH', `${base}/endpoints/${endpoint.id}`, {
        event_types: ['my.own', 'my.other'],
      });
      expect([keeps.status, keeps.body.event_types]).toEqual([200, ['my.own', 'my.other']]);
      const wants = await tidings.call('POST', `${base}/endpoints`, { url, event_types: ['my.own'] });
      expect(wants.status).toBe(profile === 'reading-steps' ? 422 : 201);
      expect((await tidings.call('GET', `${base}/event-types/my.own`)).body).toMatchObject({
        archived_at: expect.any(String),
        example: { a: 1 },
      });
      expect((await tidings.call('GET', `${base}/events/${before.id}`)).body.type).toBe('my.own');
      expect((await tidings.call('POST', `/v1/deliveries/${before.deliveries[0].id}/retry`)).status).toBe(
        202,
      );
      const { body: log } = await tidings.call('GET', `/v1/audit-log?tenant=${tenant}`);
      expect(log.items.filter(({ action }: any) => action === 'event_type.archived')).toHaveLength(1);
    },
  );

  test('is in use again once it is added, as it is given then', async () => {
    const tenant = await newTenant('reading-steps');
    await add(tenant, { name: 'my.own', description: 'Old', schema: { type: 'object' } });
    await archive(tenant, 'my.own');
    const again = await add(tenant, { name: 'my.own', description: 'New', example: 7 });
    expect(again.status).toBe(201);
    const { body } = await tidings.call('GET', `/v1/tenants/${tenant}/event-types/my.own`);
    expect(body).toEqual({ name: 'my.own', description: 'New', schema: {}, example: 7, origin: 'tenant' });
    const emitted = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'my.own', data: 'x' });
    expect(emitted.status).toBe(202);
  });

  test('does not count to what a tenant may use, and only so many are kept', async () => {
    const tenant = await newTenant();
    for (let n = 0; n < 12; n += 1) {
      expect((await add(tenant, { name: `n.n${n}` })).status).toBe(201);
      expect((await archive(tenant, `n.n${n}`)).status).toBe(204);
    }
    const { names } = await allPages(tenant, 'archived=true');
    // The newest five, which is what a tenant may use here.
    expect(names.slice(1)).toEqual(['n.n10', 'n.n11', 'n.n7', 'n.n8', 'n.n9']);
  });
});
