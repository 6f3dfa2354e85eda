/** The stream of a tenant: what happens is told as it happens, to whoever may see it, for as long as they may. */
import { fastify } from 'fastify';
import type { ChangeFeed, Watcher } from '../../src/api/change-feed.ts';
import { createStreams } from '../../src/api/streams.ts';
import { newId } from '../../src/domain/ids.ts';
import { type EventStream, openEventStream } from '../helpers/event-stream.ts';
import { eventually } from '../helpers/eventually.ts';
import { startProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, apiClient, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let tenant: string;
let endpoint: string;
const PER_TENANT = 4;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_STREAMS_PER_TENANT: String(PER_TENANT) });
  ({ tenant, endpoint } = await newTenant());
});
afterAll(() => tidings?.stop());

async function newTenant() {
  const { body } = await tidings.call('POST', '/v1/tenants', { name: 'Watched' });
  const { url } = await startReceiver(200);
  const made = await tidings.call('POST', `/v1/tenants/${body.id}/endpoints`, { url, retry_schedule: [600] });
  return { tenant: body.id as string, endpoint: made.body.id as string };
}
const emit = async (to = tenant) =>
  (await tidings.call('POST', `/v1/tenants/${to}/events`, { type: 'a.b', data: {} })).body.deliveries[0]
    .id as string;
const open = (headers: Record<string, string> = { 'x-api-key': ADMIN_KEY }, of = tenant, url = tidings.url) =>
  openEventStream(`${url}/v1/tenants/${of}/stream`, headers);
async function opened(
  headers?: Record<string, string>,
  of = tenant,
  url = tidings.url,
): Promise<EventStream> {
  const stream = await open(headers, of, url);
  expect(stream).toMatchObject({ status: 200, contentType: 'text/event-stream' });
  await stream.until(({ event }) => event === 'stream.ready');
  return stream;
}

test('a delivery is told from its creation to its end, with its attempt', async () => {
  const stream = await opened();
  const id = await emit();
  const end = await stream.until((e) => e.event === 'delivery.updated' && e.data.status === 'succeeded');
  expect(end).toMatchObject({
    id: expect.stringMatching(/^\d+$/),
    data: { id, endpoint_id: endpoint, tenant_id: tenant },
  });
  expect(await stream.until((e) => e.event === 'delivery.created')).toMatchObject({ data: { id } });
  expect(await stream.until((e) => e.event === 'attempt.recorded')).toMatchObject({
    data: { delivery_id: id, number: 1, trigger: 'schedule', response_status: 200, error_code: null },
  });
  stream.close();
});

test('what people do to endpoints, deliveries and with operations is told, also from another process', async () => {
  const other = await startProcess('api', {
    databaseUrl: tidings.database.url,
    taskQueue: tidings.taskQueue,
  });
  const stream = await opened({ 'x-api-key': ADMIN_KEY }, tenant, other.url);
  await tidings.call('PATCH', `/v1/tenants/${tenant}/endpoints/${endpoint}`, { enabled: false });
  expect(await stream.until((e) => e.event === 'endpoint.updated' && !e.data.enabled)).toMatchObject({
    data: { id: endpoint, deleted: false },
  });
  await tidings.call('PATCH', `/v1/tenants/${tenant}/endpoints/${endpoint}`, { enabled: true });
  await stream.until((e) => e.event === 'endpoint.updated' && e.data.enabled);
  const { body: started } = await tidings.call('POST', `/v1/tenants/${tenant}/deliveries/retry`, {
    status: 'succeeded',
  });
  await stream.until(({ event, data }) => event === 'operation.updated' && data.id === started.id);
  await stream.until(({ event, data }) => event === 'operation.updated' && data.status === 'completed');
  const id = await emit();
  await tidings.settled(id);
  await tidings.call('POST', `/v1/deliveries/${id}/retry`);
  await stream.until(
    ({ event, data }) => event === 'delivery.updated' && data.id === id && data.attempt_count === 2,
  );
  stream.close();
  await other.stop();
});

test('who was cut off goes on with Last-Event-ID', async () => {
  const first = await opened();
  const { id: last = '' } = await first.until(({ event }) => event === 'stream.ready');
  first.close();
  const id = await emit();
  await tidings.settled(id);
  const second = await opened({ 'x-api-key': ADMIN_KEY, 'last-event-id': last });
  expect(second.events.map((e) => e.data.id)).toContain(id);
  expect(second.events.map(({ event }) => event)).not.toContain('stream.reset');
  second.close();
  const old = await opened({ 'x-api-key': ADMIN_KEY, 'last-event-id': '1' });
  expect(old.events.map(({ event }) => event)).toContain('stream.reset');
  old.close();
});

test.each(['x', '-1', '1e9', '9'.repeat(400)])('a Last-Event-ID of "%s" is refused', async (lastId) => {
  const refused = await open({ 'x-api-key': ADMIN_KEY, 'last-event-id': lastId });
  expect(refused.status).toBe(422);
});

describe('it ends', () => {
  const ended = (stream: EventStream, reason: string) =>
    stream
      .until(({ event }) => event === 'stream.end')
      .then(({ data }) => expect(data).toEqual({ reason }))
      .then(() => stream.ended());

  test('with the portal session that opened it', async () => {
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/portal-sessions`, {});
    const code = new URL(body.url).hash.replace('#code=', '');
    const exchanged = await apiClient(tidings.url, '')('POST', '/v1/portal-sessions/exchange', { code });
    const stream = await opened({ authorization: `Bearer ${exchanged.body.bearer}` });
    await tidings.call('DELETE', `/v1/tenants/${tenant}/portal-sessions/${body.id}`);
    await ended(stream, 'signed_out');
  });

  test('with the session that opened it, when its time is over', async () => {
    const signed = await apiClient(tidings.url, '')('POST', '/v1/sessions', { key: ADMIN_KEY });
    const stream = await opened({ cookie: signed.headers.get('set-cookie')?.split(';')[0] ?? '' });
    await tidings.database.db.query('update sessions set expires_at = now()');
    await ended(stream, 'signed_out');
  });

  test('with the key that opened it', async () => {
    const { body } = await tidings.call('POST', '/v1/keys', { kind: 'tenant', tenant, scopes: ['read'] });
    const stream = await opened({ 'x-api-key': body.key });
    await tidings.call('DELETE', `/v1/keys/${body.id}`);
    await ended(stream, 'signed_out');
  });

  test('with its tenant', async () => {
    const { tenant: gone } = await newTenant();
    const stream = await opened({ 'x-api-key': ADMIN_KEY }, gone);
    await tidings.call('DELETE', `/v1/tenants/${gone}`);
    await ended(stream, 'gone');
  });

  test('with the process, which it does not keep from stopping', async () => {
    const other = await startProcess('api', {
      databaseUrl: tidings.database.url,
      taskQueue: tidings.taskQueue,
    });
    const stream = await opened({ 'x-api-key': ADMIN_KEY }, tenant, other.url);
    const stopped = other.stop();
    await ended(stream, 'shutdown');
    expect(await stopped).toBe(0);
  });
});

test('a tenant has a limited number of them; a place that is left is free again', async () => {
  const { tenant: busy } = await newTenant();
  const streams = await Promise.all(Array.from({ length: PER_TENANT }, () => opened(undefined, busy)));
  const refused = await open(undefined, busy);
  expect(refused.status).toBe(429);
  await eventually(refused.text, (text) => text.includes('too_many_requests'));
  const elsewhere = await opened();
  streams.shift()?.close();
  const again = await eventually(
    () => open(undefined, busy),
    ({ status }) => status === 200,
  );
  for (const stream of [...streams, elsewhere, again]) stream.close();
});

test('nothing of another tenant is told', async () => {
  const { tenant: quiet } = await newTenant();
  const stream = await opened({ 'x-api-key': ADMIN_KEY }, quiet);
  const watched = await opened();
  const id = await emit();
  await watched.until(({ event, data }) => event === 'delivery.updated' && data.id === id);
  const own = await emit(quiet);
  await stream.until(({ event, data }) => event === 'delivery.created' && data.id === own);
  expect(stream.text()).not.toContain(id);
  for (const each of [stream, watched]) each.close();
});

test('a reader that does not read is dropped; the others go on', async () => {
  const watchers: Watcher[] = [];
  const feed: ChangeFeed = {
    async watch(_tenant, _since, watcher) {
      watchers.push(watcher);
      return () => watchers.splice(watchers.indexOf(watcher), 1);
    },
    nowMs: Date.now,
    close: async () => {},
  };
  const app = fastify({ forceCloseConnections: true });
  const streams = createStreams(app, feed, 10);
  app.get('/v1/tenants/:tenant/stream', (request, reply) =>
    streams.open(request, reply, 'ten', null, async () => true),
  );
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const reader = await opened({}, tenant, url);
  const deaf = await fetch(`${url}/v1/tenants/${tenant}/stream`);
  expect(watchers.length).toBe(2);
  const endpointState = {
    id: 'ep_1',
    tenantId: 'ten',
    enabled: true,
    disabledReason: 'x'.repeat(200_000),
    deleted: false,
  };
  let round = 0;
  // The kernel buffers some megabytes for the one that does not read.
  while (watchers.length === 2) {
    round += 1;
    if (round > 2_000) throw new Error('It was never dropped');
    for (const watcher of [...watchers]) {
      watcher.take(
        [
          {
            kind: 'endpoint',
            key: newId('auditEntry'),
            tenantId: 'ten',
            endpoint: endpointState,
            reason: `round ${round}`,
          },
        ],
        round,
      );
    }
    await reader.until(({ data }) => data.reason === `round ${round}`);
  }
  await expect(deaf.text()).rejects.toThrow();
  watchers[0]?.take(
    [
      {
        kind: 'endpoint',
        key: 'last',
        tenantId: 'ten',
        endpoint: { ...endpointState, disabledReason: null },
        reason: 'last',
      },
    ],
    1,
  );
  await reader.until(({ data }) => data.reason === 'last');
  reader.close();
  await app.close();
});
