/** `tidings listen`: it never says "genuine" of what it could not verify, and leaves nothing behind. */
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { EXIT } from '../../src/cli/failures.ts';
import { PROFILES } from '../../src/profiles/index.ts';
import {
  generateEd25519Secret,
  publicKeyOf,
  standardWebhooksSigning,
} from '../../src/signing/standard-webhooks.ts';
import { type CliRun, MAIN, runCli, startCli } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const newTenant = async (profile = 'standard-webhooks') =>
  (await tidings.call('POST', '/v1/tenants', { name: 'Laptop', profile })).body.id as string;
const endpointsOf = async (tenant: string) =>
  (await tidings.call('GET', `/v1/tenants/${tenant}/endpoints`)).body.items as any[];

async function listening(...args: string[]): Promise<{ run: CliRun; url: string }> {
  const run = startCli(['listen', '--url', tidings.url, ...args]);
  await run.until('Ctrl-C ends it.');
  return { run, url: /http:\/\/127\.0\.0\.1:\d+\//.exec(run.stdout())?.[0] ?? '' };
}

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers });

test('what a tenant is sent is genuine; what anybody else sends is refused', async () => {
  const tenant = await newTenant();
  const { run, url } = await listening('--tenant', tenant);
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/events`, {
    type: 'a.b',
    data: { n: 1 },
  });
  expect((await tidings.settled(body.deliveries[0].id)).status).toBe('succeeded');
  await run.until(`${body.id}  genuine`);
  expect((await post(url, '{}')).status).toBe(401);
  await run.until('REFUSED');
  run.signal('SIGINT');
  expect(await run.ended).toBe(EXIT.done);
  expect(await endpointsOf(tenant)).toEqual([]);
}, 60_000);

describe('without anything to verify by', () => {
  test.each([[], ...PROFILES.map(({ name }) => ['--profile', name])].map((args) => [args]))(
    '%j says so, at the start and of everything that comes',
    async (args) => {
      const { run, url } = await listening(...args);
      await run.until(/What comes is not verified: .*Pass --secret or --authorization/);
      expect((await post(url, '{}', { 'webhook-id': 'evt_forged' })).status).toBe(200);
      await run.until('evt_forged  not verified: ');
      expect(run.stdout()).not.toContain('genuine');
      run.signal('SIGTERM');
      expect(await run.ended).toBe(EXIT.done);
    },
  );

  test('a tenant whose profile has no signature is not verified, unless a credential is named, which is then sent', async () => {
    const tenant = await newTenant('lessonly');
    const silent = await listening('--tenant', tenant);
    await silent.run.until(/What comes is not verified: .*Pass --authorization/);
    silent.run.signal('SIGTERM');
    expect(await silent.run.ended).toBe(EXIT.done);
    const { run } = await listening('--tenant', tenant, '--authorization', 'Token laptop');
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/events`, {
      type: 'lesson.completed',
      data: JSON.parse(PROFILES.find(({ name }) => name === 'lessonly')?.catalogue[0]?.example ?? ''),
    });
    await tidings.settled(body.deliveries[0].id);
    await run.until('genuine');
    run.signal('SIGTERM');
    await run.ended;
    expect(await endpointsOf(tenant)).toEqual([]);
  }, 60_000);
});

test('a secret that is given is what it verifies by', async () => {
  const { run, url } = await listening('--profile', 'reading-steps', '--secret', 'our secret');
  const signature = createHmac('sha256', 'our secret').update('{"a":1}').digest('hex');
  expect((await post(url, '{"a":1}', { 'x-readingsteps-signature': `sha256=${signature}` })).status).toBe(
    200,
  );
  await run.until('genuine');
  expect((await post(url, '{"a":2}', { 'x-readingsteps-signature': `sha256=${signature}` })).status).toBe(
    401,
  );
  run.signal('SIGTERM');
  await run.ended;
});

test('the public half of an ed25519 secret is enough to verify by', async () => {
  const secret = generateEd25519Secret();
  const { run, url } = await listening('--secret', publicKeyOf(secret) ?? '');
  const [webhookId, timestampS] = ['evt_1', Math.floor(Date.now() / 1000)];
  const signature = standardWebhooksSigning.sign({
    ...{ webhookId, timestampS, body: Buffer.from('{}'), secrets: [secret] },
  });
  const headers = { 'webhook-id': webhookId, 'webhook-timestamp': String(timestampS), ...signature };
  expect((await post(url, '{}', headers)).status).toBe(200);
  await run.until('evt_1  genuine');
  expect((await post(url, '{"a":1}', headers)).status).toBe(401);
  run.signal('SIGTERM');
  expect(await run.ended).toBe(EXIT.done);
});

test.each([
  ['--status', 'abc'],
  ['--status', '99'],
  ['--status', '199'],
  ['--status', '600'],
  ['--status', '1000'],
  ['--status', '2e2'],
  ['--port', '70000'],
  ['--port', 'http'],
  ['--profile', 'unknown'],
  ['--secret', 'whsec_short'],
  ['--secret', 'no prefix'],
  ['--secret', 'whpk_'],
  ['--secret', 'whpk_abc'],
  ['--secret', 'whpk_!!!'],
  ['--secret', `whpk_${Buffer.alloc(31).toString('base64')}`],
  ['--secret', `whpk_${Buffer.alloc(33).toString('base64')}`],
  ['--secret', `whsk_${Buffer.alloc(64).toString('base64')}`],
])('%s %s is refused before anything is made', async (option, value) => {
  const tenant = await newTenant();
  const withTenant = option === '--profile' || option === '--secret' ? [] : ['--tenant', tenant];
  const { status, stderr } = await runCli(['listen', '--url', tidings.url, ...withTenant, option, value]);
  expect([status, stderr]).toEqual([EXIT.usage, expect.stringContaining(option)]);
  expect(await endpointsOf(tenant)).toEqual([]);
});

test.each(['--profile', '--secret'])('%s contradicts --tenant, which finds it out', async (option) => {
  const value = option === '--profile' ? 'leah' : 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const { status, stderr } = await runCli(['listen', '--tenant', 'x', option, value]);
  expect([status, stderr]).toEqual([EXIT.usage, expect.stringMatching(/cannot be used with/)]);
});

test('a port that is taken ends it before an endpoint is made', async () => {
  const tenant = await newTenant();
  const port = new URL(tidings.url).port;
  const { status, stderr } = await runCli([
    'listen',
    '--url',
    tidings.url,
    '--tenant',
    tenant,
    '--port',
    port,
  ]);
  expect([status, stderr]).toEqual([EXIT.failed, expect.stringMatching(/is taken/)]);
  expect(await endpointsOf(tenant)).toEqual([]);
});

describe('whatever ends it, its endpoint is gone', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', async (signal) => {
    const tenant = await newTenant();
    const { run } = await listening('--tenant', tenant);
    expect(await endpointsOf(tenant)).toHaveLength(1);
    run.signal(signal);
    expect([await run.ended, await endpointsOf(tenant)]).toEqual([EXIT.done, []]);
  });

  test('a reader that leaves', async () => {
    const tenant = await newTenant();
    const { run, url } = await listening('--tenant', tenant);
    run.closeOutput();
    await post(url, '{}');
    expect([await run.ended, await endpointsOf(tenant)]).toEqual([EXIT.done, []]);
  });

  // Only GNU's `tail` tells of a closed pipe.
  const gnu = spawnSync('tail', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const withGnuTail = gnu.includes('GNU') ? test : test.skip;
  withGnuTail('a reader that leaves a pipe, with nothing written since', async () => {
    const tenant = await newTenant();
    const words = [process.execPath, MAIN, 'listen', '--url', tidings.url, '--tenant', tenant];
    const shell = spawn('sh', ['-c', '"$@" | head -1', 'sh', ...words], {
      env: { ...process.env, TIDINGS_API_KEY: ADMIN_KEY },
    });
    let printed = '';
    shell.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    await once(shell, 'exit');
    expect(printed).toMatch(/^Listening on .*\n$/);
    await eventually(
      () => endpointsOf(tenant),
      (left) => left.length === 0,
    );
  });

  test('a signal while it is being made', async () => {
    for (const afterMs of [300, 600, 900, 1_200]) {
      const tenant = await newTenant();
      const run = startCli(['listen', '--url', tidings.url, '--tenant', tenant]);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      run.signal('SIGTERM');
      await run.ended;
      expect(await endpointsOf(tenant)).toEqual([]);
    }
  }, 60_000);

  test('a kill that nobody hears: the next one removes it, and only what nobody listens behind', async () => {
    const tenant = await newTenant();
    const alive = await listening('--tenant', tenant);
    const killed = await listening('--tenant', tenant);
    killed.run.signal('SIGKILL');
    await killed.run.ended;
    await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, {
      url: 'http://127.0.0.1:54321/',
      description: 'tidings listen, by hand',
    });
    expect(await endpointsOf(tenant)).toHaveLength(3);
    const next = await listening('--tenant', tenant);
    expect(next.run.stderr()).toMatch(/Removed ep_\w+, which led to a tidings listen that was killed/);
    const urls = (await endpointsOf(tenant)).map(({ url }) => url).sort();
    expect(urls).toEqual([alive.url, next.url, 'http://127.0.0.1:54321/'].sort());
    for (const { run } of [alive, next]) {
      run.signal('SIGTERM');
      await run.ended;
    }
    expect(
      await eventually(
        () => endpointsOf(tenant),
        (left) => left.length === 1,
      ),
    ).toHaveLength(1);
  }, 60_000);

  test('a service that has gone is said, with what to do', async () => {
    const other = await startTestService();
    const { body } = await other.call('POST', '/v1/tenants', { name: 'Gone' });
    const run = startCli(['listen', '--url', other.url, '--tenant', body.id, '--timeout', '5']);
    await run.until('Ctrl-C ends it.');
    await other.stop();
    run.signal('SIGTERM');
    expect([await run.ended, run.stderr()]).toEqual([
      EXIT.failed,
      expect.stringMatching(/The endpoint ep_\w+ could not be removed: No answer .* The next tidings listen/),
    ]);
  }, 60_000);
});
