/** The demo is interrupted after each of its steps: the next start completes it, and no step happens twice. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoCertificate } from '../../src/demo/certificate.ts';
import { demoProgress } from '../../src/demo/progress.ts';
import { type DemoReceivers, startDemoReceivers } from '../../src/demo/receivers.ts';
import { type CallApi, playDemo } from '../../src/demo/scenario.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { makeFolder } from '../helpers/folder.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let folder: string;
let receivers: DemoReceivers;
beforeAll(async () => {
  folder = await makeFolder();
  const certificate = await demoCertificate(folder);
  receivers = await startDemoReceivers(folder, certificate);
  atEnd(() => receivers.close());
  tidings = await startTestService({ TIDINGS_CA_FILE: certificate.certFile });
});
afterAll(() => tidings?.stop());

class Killed extends Error {}

/** Calls the service until the process is killed: before the call of that number reaches it, or before its answer comes back. */
function callUntil(last: number, when: 'before' | 'after'): { call: CallApi; made: () => number } {
  let made = 0;
  return {
    made: () => made,
    async call<Answer>(method: string, path: string, body?: unknown) {
      made += 1;
      if (made > last || (made === last && when === 'before')) throw new Killed();
      const answer = await tidings.call(method, path, body);
      if (made >= last) throw new Killed();
      if (answer.status >= 400) {
        throw Object.assign(new Error(`${method} ${path}: ${answer.text}`), { status: answer.status });
      }
      return answer.body as Answer;
    },
  };
}
const call = callUntil(Number.POSITIVE_INFINITY, 'after').call;

/** What there is of it: for each tenant its endpoints, and its events by type. */
async function state(tenants: { id: string; name: string }[]) {
  const found = await Promise.all(
    tenants.map(async ({ id, name }) => {
      const { body: endpoints } = await tidings.call('GET', `/v1/tenants/${id}/endpoints`);
      const { body: events } = await tidings.call('GET', `/v1/tenants/${id}/events?limit=200`);
      const types = events.items.map((event: any) => event.type).sort();
      return [name, endpoints.items.map(({ url }: any) => new URL(url).pathname), types];
    }),
  );
  return Object.fromEntries(found.map(([name, ...rest]) => [name, rest]));
}

async function removeAll() {
  for (;;) {
    const { body } = await tidings.call('GET', '/v1/tenants?limit=200');
    if (body.items.length === 0) return;
    for (const { id } of body.items) await tidings.call('DELETE', `/v1/tenants/${id}`);
  }
}

test('killed at any step, before it or after it, it is whole after the next start', async () => {
  await removeAll();
  const whole = callUntil(Number.POSITIVE_INFINITY, 'after');
  const first = await playDemo(whole.call, receivers, demoProgress(await makeFolder()));
  expect(first.isNew).toBe(true);
  const expected = await state(first.tenants);
  const steps = whole.made();
  expect(steps).toBeGreaterThan(40);
  for (let step = 1; step <= steps; step += 1) {
    const when = step % 2 === 0 ? 'before' : 'after';
    await removeAll();
    const progress = demoProgress(await makeFolder());
    await expect(playDemo(callUntil(step, when).call, receivers, progress)).rejects.toThrow(Killed);
    const next = await playDemo(call, receivers, progress);
    expect([step, await state(next.tenants)]).toEqual([step, expected]);
    // A third one finds nothing left to do.
    if (step % 10 === 0) expect((await playDemo(call, receivers, progress)).isNew).toBe(false);
  }
}, 300_000);

test('the demo is found among very many tenants, and left as people have changed it', async () => {
  await removeAll();
  const progress = demoProgress(await makeFolder());
  const { tenants } = await playDemo(call, receivers, progress);
  for (let count = 0; count < 210; count += 1)
    await tidings.call('POST', '/v1/tenants', { name: `Later ${count}` });
  const [removed = { id: '' }, kept = { id: '' }] = tenants;
  await tidings.call('DELETE', `/v1/tenants/${removed.id}`);
  await tidings.call('POST', `/v1/tenants/${kept.id}/endpoints`, { url: 'http://127.0.0.1:54321/mine' });
  const again = await playDemo(call, receivers, progress);
  expect(again.isNew).toBe(false);
  expect(again.tenants.map(({ id }) => id)).toEqual(tenants.slice(1).map(({ id }) => id));
}, 120_000);

test('one that a version without progress has played is left alone', async () => {
  await removeAll();
  await tidings.call('POST', '/v1/tenants', { name: 'Mine', external_id: 'demo-standard' });
  const { tenants, isNew } = await playDemo(call, receivers, demoProgress(await makeFolder()));
  expect([isNew, tenants.length]).toEqual([false, 1]);
  const { body } = await tidings.call('GET', '/v1/tenants?limit=200');
  expect(body.items).toHaveLength(1);
});

test('receivers that had to move take their endpoints with them', async () => {
  await removeAll();
  const progress = demoProgress(await makeFolder());
  await playDemo(call, receivers, progress);
  const elsewhere = { ...receivers, http: 'http://127.0.0.1:54321', https: 'https://127.0.0.1:54321' };
  const { tenants } = await playDemo(call, elsewhere, progress);
  for (const { id } of tenants) {
    const { body } = await tidings.call('GET', `/v1/tenants/${id}/endpoints`);
    expect(new URL(body.items[0].url).port).toBe('54321');
  }
});

test.each([
  ['cut off', (path: string) => writeFileSync(path, '-----BEGIN CERTIFICATE-----\nMII')],
  ['empty', (path: string) => writeFileSync(path, '')],
])('a certificate or key that is %s is made again', async (_what, spoil) => {
  for (const file of ['cert.pem', 'key.pem']) {
    const own = await makeFolder();
    await demoCertificate(own);
    spoil(join(own, file));
    const { key, cert } = await demoCertificate(own);
    expect([key, cert]).toEqual([
      expect.stringContaining('PRIVATE KEY'),
      expect.stringContaining('CERTIFICATE'),
    ]);
  }
});

test('what cannot be kept is said, not survived in silence', async () => {
  const own = await makeFolder();
  mkdirSync(join(own, 'progress'));
  await removeAll();
  await expect(playDemo(call, receivers, demoProgress(own))).rejects.toThrow(/EISDIR/);
});
