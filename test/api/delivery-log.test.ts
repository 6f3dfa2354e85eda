/** The log of a delivery explains its course, and shows a secret only to those who may see it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '../helpers/eventually.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const SECRETS = ['hunter2-password', 'custom-header-value', 'query-token-value'];

async function deliverSecretly() {
  const receiver = await startReceiver((response, request) => {
    response.writeHead(200, {
      'x-echo': String(request.headers.authorization),
      'set-cookie': ['a=1', 'b=2'],
    });
    response.end(
      `You sent ${request.headers.authorization} and ${request.headers['x-custom']} to ${request.path}`,
    );
  });
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Secretive' });
  const { body: endpoint } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: `${receiver.url}?token=${SECRETS[2]}`,
    auth: { type: 'basic', username: 'user', password: SECRETS[0] },
    headers: { 'X-Custom': SECRETS[1] },
  });
  const event = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: { note: "it's" },
  });
  const log = await tidings.settled(event.body.deliveries[0].id);
  return { receiver, endpoint, log };
}

test('the log shows what was sent and what came back, with the secrets masked even where the receiver echoes them', async () => {
  const { log, receiver, endpoint } = await deliverSecretly();
  const basic = Buffer.from(`user:${SECRETS[0]}`).toString('base64');
  for (const secret of [...SECRETS, basic, endpoint.secret])
    expect(JSON.stringify(log)).not.toContain(secret);
  expect(receiver.received[0]?.headers.authorization).toBe(`Basic ${basic}`);
  const [attempt] = log.attempts;
  expect(attempt.request.headers.authorization).toBe('Basic ••••');
  expect(attempt.request.url).toBe(`${receiver.url}?token=••••`);
  expect(attempt.response).toMatchObject({ status: 200, truncated: false });
  expect(attempt.response.headers['set-cookie']).toBe('a=1, b=2');
  expect(log.workflow.web_url).toContain(log.workflow.run_id);
  const revealed = await tidings.call('GET', `/v1/deliveries/${log.id}?reveal=true`);
  expect(revealed.body.attempts[0].request.url).toContain(SECRETS[2]);
});

test('the curl command repeats the delivery when it is revealed, and masks the secrets otherwise', async () => {
  const { log, receiver } = await deliverSecretly();
  const masked = await tidings.call('GET', `/v1/deliveries/${log.id}/curl`);
  expect(masked.headers.get('content-type')).toMatch(/^text\/plain/);
  for (const secret of SECRETS) expect(masked.text).not.toContain(secret);
  const { text } = await tidings.call('GET', `/v1/deliveries/${log.id}/curl?reveal=true`);
  await promisify(execFile)('sh', ['-c', text]);
  const [first, second] = receiver.received;
  expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
});

test('the body of a delivery is what the receiver got, byte for byte, and nothing after its erasure', async () => {
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Bytes' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  const raw = '{"type":"a.b","data":{"n": 12345678901234567890.10, "s":"<script>\\u0000é"}}';
  const accepted = await fetch(`${tidings.url}/v1/tenants/${tenant.id}/events`, {
    method: 'POST',
    headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'application/json' },
    body: raw,
  });
  const event = (await accepted.json()) as any;
  const id = event.deliveries[0].id;
  await eventually(
    () => receiver.received.length,
    (count) => count === 1,
  );
  const answer = await tidings.call('GET', `/v1/deliveries/${id}/body`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(answer.text).toContain('12345678901234567890.10');
  expect(Buffer.from(answer.text).equals(receiver.received[0]?.body ?? Buffer.alloc(0))).toBe(true);
  await tidings.call('DELETE', `/v1/tenants/${tenant.id}/events/${event.id}/payload`);
  expect(await tidings.call('GET', `/v1/deliveries/${id}/body`)).toMatchObject({
    status: 409,
    body: { code: 'payload_erased' },
  });
});

test('while a delivery goes on, the log never contradicts itself', async () => {
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Watched' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  for (let round = 0; round < 20; round += 1) {
    const event = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: 1 });
    const id = event.body.deliveries[0].id;
    let status = '';
    while (status !== 'succeeded') {
      const { body: log } = await tidings.call('GET', `/v1/deliveries/${id}`);
      status = log.status;
      const attempts = status === 'succeeded' ? 1 : 0;
      expect(log).toMatchObject({ attempt_count: attempts, attempts: { length: attempts } });
    }
  }
});

test('a response that is not text is shown as bytes too, and NUL bytes spoil nothing', async () => {
  const receiver = await startReceiver((response) =>
    response.writeHead(200).end(Buffer.from([0, 0xff, 0xfe, 1])),
  );
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Binary' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  const event = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: 1 });
  const log = await tidings.settled(event.body.deliveries[0].id);
  expect(log.attempts[0].response.body_base64).toBe('AP/+AQ==');
});

test('one event for several endpoints is one workflow, and each delivery has its own log', async () => {
  const good = await startReceiver();
  const bad = await startReceiver(500);
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Fan' });
  for (const url of [good.url, bad.url, good.url]) {
    await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url, retry_schedule: [1] });
  }
  const event = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: 1 });
  const logs = await Promise.all(event.body.deliveries.map((delivery: any) => tidings.settled(delivery.id)));
  expect(new Set(logs.map((log) => log.workflow.id))).toEqual(new Set([event.body.id]));
  expect(logs.map((log) => log.attempts.length).sort()).toEqual([1, 1, 2]);
  for (const log of logs) expect(log.log_source).toBe('history');
});
