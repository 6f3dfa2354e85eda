/** Sizes of what a browser loads (1 kB = 1,000 bytes, compressed): until the sign-in page can be used, and until each page can. */
import type { Page } from 'playwright-core';
import { eventually } from '../../helpers/eventually.ts';
import { startReceiver } from '../../helpers/receiver.ts';
import { setStage, tenantWith } from './visitor.ts';

const FIRST_LOAD_BYTES = 160_000;
const LAZY_BYTES = 60_000;
const ELEMENT_BYTES = 5_000;

const stage = setStage();

/** Bytes on the wire of each file of the pages that the page loads from now on. */
async function filesOf(page: Page): Promise<Map<string, number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const urls = new Map<string, string>();
  const sizes = new Map<string, number>();
  session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, response.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const path = new URL(urls.get(requestId) ?? stage.tidings.url).pathname;
    if (/^\/(assets|dashboard|portal)\//.test(path)) sizes.set(path, encodedDataLength);
  });
  return sizes;
}

const sum = (sizes: Map<string, number>) => [...sizes.values()].reduce((total, each) => total + each, 0);

test('the sign-in page and the first page after it load at most 160 kB', async () => {
  const { page, context } = await stage.window();
  const sizes = await filesOf(page);
  await page.goto(`${stage.tidings.url}/dashboard/`);
  await page.getByLabel('API key').waitFor();
  expect(sum(sizes)).toBeGreaterThan(50_000);
  expect(sum(sizes)).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  await context.close();
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
    const sizes = await filesOf(other.page);
    await other.page.goto(`${stage.tidings.url}/dashboard${path}`);
    await other.page.getByRole('heading', { level: 1 }).waitFor();
    await eventually(
      () => other.page.locator('[aria-busy=true]').count(),
      (count) => count === 0,
    );
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
