/** `@tidings/client` against the real service, over a network that loses requests and answers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, dataOf, itemsOf, TidingsError } from '../../packages/client/src/index.ts';
import { makeEmptyProject } from '../helpers/empty-project.ts';
import { asModule, blocksOf } from '../helpers/readme-blocks.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

type Fault = 'request lost' | 'answer lost' | { status: number; retryAfter?: string };

/** A client whose first requests meet these faults, one after the other. */
function clientWith(faults: Fault[], retries?: number) {
  const requests: Request[] = [];
  const left = [...faults];
  const client = createClient({
    baseUrl: tidings.url,
    headers: { 'x-api-key': ADMIN_KEY },
    ...(retries !== undefined && { retries }),
    async fetch(request) {
      requests.push(request);
      const fault = left.shift();
      if (fault === 'request lost') throw new TypeError('fetch failed');
      if (typeof fault === 'object')
        return new Response('<html>', {
          status: fault.status,
          headers: fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
        });
      const answer = await fetch(request);
      if (fault === undefined) return answer;
      await answer.arrayBuffer();
      throw new TypeError('terminated');
    },
  });
  return { client, requests };
}

const newTenant = async () => (await tidings.call('POST', '/v1/tenants', { name: 'Client' })).body;
const refusalOf = async (call: Promise<unknown>): Promise<TidingsError> => {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TidingsError);
  return error as TidingsError;
};

test('an emit whose answers are lost is carried out once', async () => {
  const receiver = await startReceiver();
  const tenant = await newTenant();
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  const { client, requests } = clientWith(['request lost', 'answer lost', 'answer lost']);
  const params = { path: { tenant: tenant.id } };
  const event = await dataOf(
    client.POST('/v1/tenants/{tenant}/events', { params, body: { type: 'a.b', data: { n: 1 } } }),
  );
  expect(requests).toHaveLength(4);
  expect(new Set(requests.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1);
  const { body } = await tidings.call('GET', `/v1/tenants/${tenant.id}/events`);
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual([event.id]);
  await receiver.until(1);
  // Another emit is another event.
  await client.POST('/v1/tenants/{tenant}/events', { params, body: { type: 'a.b', data: { n: 1 } } });
  expect((await tidings.call('GET', `/v1/tenants/${tenant.id}/events`)).body.items).toHaveLength(2);
});

test('a key that the caller gives is kept', async () => {
  const tenant = await newTenant();
  const { client, requests } = clientWith(['answer lost']);
  const params = { path: { tenant: tenant.id }, header: { 'idempotency-key': 'mine' } };
  await client.POST('/v1/tenants/{tenant}/events', { params, body: { type: 'a.b', data: 1 } });
  expect(requests.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['mine', 'mine']);
});

test.each<[Fault, number]>([
  ['request lost', 2],
  ['answer lost', 2],
  [{ status: 429 }, 2],
  [{ status: 429, retryAfter: '1' }, 2],
  [{ status: 500 }, 2],
  [{ status: 502 }, 2],
  [{ status: 503, retryAfter: 'Sat, 28 Nov 2026 06:00:00 GMT' }, 2],
  [{ status: 400 }, 1],
  [{ status: 404 }, 1],
  // Who asks for more than a minute is not waited for.
  [{ status: 503, retryAfter: '61' }, 1],
])('a read that meets %j is asked %i times', async (fault, asked) => {
  const { client, requests } = clientWith([fault]);
  const call = client.GET('/v1/profiles', {});
  if (asked === 2) expect((await dataOf(call)).items.length).toBeGreaterThan(0);
  else expect((await refusalOf(call)).code).toBe('unexpected_answer');
  expect(requests).toHaveLength(asked);
});

test.each<[Fault, number]>([
  ['request lost', 1],
  ['answer lost', 1],
  [{ status: 503 }, 1],
  [{ status: 429 }, 2],
])('a change without a key that meets %j is asked %i times', async (fault, asked) => {
  const { client, requests } = clientWith([fault]);
  const call = client.POST('/v1/tenants', { body: { name: `Change ${JSON.stringify(fault)}` } });
  if (asked === 2) expect((await dataOf(call)).id).toMatch(/^ten_/);
  else await refusalOf(call);
  expect(requests).toHaveLength(asked);
});

test('it gives up after as many repetitions as it was told', async () => {
  const { client, requests } = clientWith(
    Array.from({ length: 9 }, (): Fault => 'request lost'),
    2,
  );
  const error = await refusalOf(client.GET('/v1/profiles', {}));
  expect(error).toMatchObject({ code: 'no_answer', status: 0, mayPass: true });
  expect(requests).toHaveLength(3);
});

test('a refusal has the words of the API and the fields', async () => {
  const { client } = clientWith([]);
  const error = await refusalOf(client.POST('/v1/tenants', { body: { name: '' } }));
  expect(error).toMatchObject({ code: 'validation_failed', status: 422, mayPass: false });
  expect(error.fields.map(({ path }) => path)).toEqual(['name']);
  expect(error.requestId).not.toBeNull();
});

test('a signal ends the wait for the next repetition', async () => {
  const { client, requests } = clientWith([{ status: 503, retryAfter: '50' }]);
  const ending = new AbortController();
  const call = client.GET('/v1/profiles', { signal: ending.signal });
  setTimeout(() => ending.abort(), 300);
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  expect(requests).toHaveLength(1);
});

test('a list is walked to its end, page by page, and no further than it is asked for', async () => {
  const tenant = await newTenant();
  const types = Array.from({ length: 7 }, (_, at) => `a.t${at}`);
  const events = types.map((type) => ({ type, data: 1 }));
  await tidings.call('POST', `/v1/tenants/${tenant.id}/events/batch`, { events });
  const { client, requests } = clientWith([]);
  const emitted = () =>
    itemsOf((cursor) =>
      client.GET('/v1/tenants/{tenant}/events', {
        params: { path: { tenant: tenant.id }, query: { limit: 3, ...(cursor !== undefined && { cursor }) } },
      }),
    );
  const found: string[] = [];
  for await (const { type } of emitted()) found.push(type);
  expect(found.sort()).toEqual(types);
  expect(requests).toHaveLength(3);

  for await (const _ of emitted()) break;
  expect(requests).toHaveLength(4);
});

test('the package installs in an empty project without the network, and works', async () => {
  const project = await makeEmptyProject('client');
  await writeFile(
    join(project.folder, 'try.js'),
    `import { createClient } from '@tidings/client';
     const client = createClient({ baseUrl: ${JSON.stringify(tidings.url)}, headers: { 'x-api-key': 'wrong' } });
     await client.GET('/v1/tenants', {}).catch(({ name, code }) => console.log(name, code));`,
  );
  expect(await project.run(process.execPath, ['try.js'])).toBe('TidingsError unauthorized\n');

  // What its README shows.
  const receiver = await startReceiver(500);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Acme', external_id: 'acme' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url, retry_schedule: [] });
  const path = `/v1/tenants/${tenant.id}/events`;
  const { body: before } = await tidings.call('POST', path, { type: 'a.b', data: {} });
  await tidings.settled(before.deliveries[0].id);
  const [block = '', ...others] = blocksOf('packages/client/README.md', 'ts');
  expect(others).toEqual([]);
  await writeFile(
    join(project.folder, 'readme.js'),
    asModule(
      block
        .replace('http://127.0.0.1:8400', tidings.url)
        .replace('process.env.TIDINGS_KEY', JSON.stringify(ADMIN_KEY)),
    ),
  );
  expect(await project.run(process.execPath, ['readme.js'])).toContain(
    `${before.deliveries[0].id} http_status\n`,
  );
  expect((await tidings.call('GET', path)).body.items).toHaveLength(2);
  await receiver.close();
}, 120_000);
