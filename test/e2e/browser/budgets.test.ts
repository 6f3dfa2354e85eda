/** Sizes of what a browser loads (1 kB = 1,000 bytes, compressed): until the sign-in page can be used, and until each page can. */
import type { Page } from 'playwright-core';
import { startReceiver } from '../../helpers/receiver.ts';
import { ADMIN_KEY } from '../../helpers/service.ts';
import { setStage, settled, tenantWith, type Visitor } from './visitor.ts';

const FIRST_LOAD_BYTES = 160_000;
const LAZY_BYTES = 60_000;
const ELEMENT_BYTES = 5_000;

const stage = setStage();

const FILES = /^\/(assets|dashboard|portal)\//;

/** Bytes on the wire of each file of the pages that the page loads from now on, the head of its answer included. */
async function loadedBy(page: Page): Promise<Map<string, number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const paths = new Map<string, string>();
  const sizes = new Map<string, number>();
  const grow = (requestId: string, bytes: number, isAll: boolean) => {
    const path = paths.get(requestId) ?? '';
    const name = `${path} ${requestId}`;
    if (FILES.test(path)) sizes.set(name, isAll ? bytes : (sizes.get(name) ?? 0) + bytes);
  };
  session.on('Network.responseReceived', ({ requestId, response }) => {
    paths.set(requestId, new URL(response.url).pathname);
    grow(requestId, response.encodedDataLength, false);
  });
  session.on('Network.dataReceived', ({ requestId, encodedDataLength }) =>
    grow(requestId, encodedDataLength, false),
  );
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
    grow(requestId, encodedDataLength, true),
  );
  return sizes;
}

const sum = (sizes: Map<string, number>) => [...sizes.values()].reduce((total, each) => total + each, 0);

test('the sign-in page, and it together with the first page after it, load at most 160 kB of files', async () => {
  const { page } = await stage.window();
  const sizes = await loadedBy(page);
  await page.goto(`${stage.tidings.url}/dashboard/`);
  await page.getByLabel('API key').waitFor();
  const signIn = sum(sizes);
  expect(signIn).toBeGreaterThan(50_000);
  expect(signIn).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  await page.getByLabel('API key').fill(ADMIN_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Tenants', exact: true }).waitFor();
  await settled(page);
  expect(sum(sizes)).toBeGreaterThan(signIn + 1_000);
  expect(sum(sizes)).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
});

test.each<[string, (tenant: string) => Promise<[Visitor, address: string]>]>([
  [
    "an operator's overview, signed in before",
    async () => [await stage.dashboard('/no-such-page'), '/dashboard/'],
  ],
  [
    "a tenant's overview, signed in before",
    async (tenant) => [await stage.dashboard('/no-such-page'), `/dashboard/tenants/${tenant}`],
  ],
  [
    'the portal, by its link',
    async (tenant) => {
      const { body } = await stage.tidings.call('POST', `/v1/tenants/${tenant}/portal-sessions`, {});
      return [await stage.window(), body.url.replace(stage.tidings.url, '')];
    },
  ],
])('%s: a browser that has nothing yet loads at most 160 kB of files', async (_name, open) => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: 'https://hooks.example.com/tidings', enabled: false },
  ]);
  const [{ page }, address] = await open(tenant.id);
  const cache = await page.context().newCDPSession(page);
  await cache.send('Network.enable');
  await cache.send('Network.clearBrowserCache');
  const sizes = await loadedBy(page);
  await page.goto(stage.tidings.url + address);
  await settled(page);
  expect(sum(sizes)).toBeGreaterThan(50_000);
  expect(sum(sizes)).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
});

test('each page beyond that loads at most 60 kB more', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme' }, [{ url: receiver.url }]);
  const own = `/tenants/${tenant.id}`;
  const { page, context } = await stage.dashboard('/no-such-page');
  await page.getByRole('heading', { level: 1 }).waitFor();
  const heavy: Record<string, number> = {};
  for (const path of [
    ...['/', '/tenants', '/tenants/new', '/deliveries', '/activity', '/settings', own],
    ...[
      'endpoints',
      'endpoints/new',
      `endpoints/${endpoints[0].id}`,
      `endpoints/${endpoints[0].id}/verify`,
    ].map((each) => `${own}/${each}`),
    ...['events', 'events/new', 'deliveries', 'event-types', 'event-types/new', 'activity', 'settings'].map(
      (each) => `${own}/${each}`,
    ),
  ]) {
    const other = await stage.dashboard('/no-such-page');
    await other.page.getByRole('heading', { level: 1 }).waitFor();
    const sizes = await loadedBy(other.page);
    await other.page.goto(`${stage.tidings.url}/dashboard${path}`);
    await settled(other.page);
    // What the browser has from before counts nothing.
    if (sum(sizes) > LAZY_BYTES) heavy[path] = sum(sizes);
    await other.context.close();
  }
  await context.close();
  await receiver.close();
  expect(heavy).toEqual({});
}, 240_000);

test('the element is one file of at most 5 kB', async () => {
  const answer = await fetch(`${stage.tidings.url}/portal/embed.js`, {
    headers: { 'accept-encoding': 'identity' },
  });
  expect((await answer.arrayBuffer()).byteLength).toBeLessThanOrEqual(ELEMENT_BYTES);
});
