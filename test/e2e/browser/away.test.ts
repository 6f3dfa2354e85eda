/** Stories of a page while something is away or slow: Temporal, the database, the stream. It says so, keeps what it shows, and comes back by itself. */
import type { Page } from 'playwright-core';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startReceiver } from '../../helpers/receiver.ts';
import { startTcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.ts';
import { setStage, tenantWith } from './visitor.ts';

/** A page asks every ten seconds where nothing comes by itself, and a busy machine takes its time. */
const SOON = { timeout: 60_000 };
const EMIT_EVERY_MS = 200;
const SLOW_MS = 1_500;

let database: TestDatabase;
let toDatabase: TcpProxy;
let toTemporal: TcpProxy;
const stage = setStage(async () => {
  database = await createTestDatabase();
  const [host = '', port] = (process.env.TEST_TEMPORAL_ADDRESS ?? '').split(':');
  toTemporal = await startTcpProxy({ host, port: Number(port) });
  toDatabase = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(database.url).port) });
  return {
    service: {
      database: { ...database, url: toDatabase.through(database.url) },
      temporalAddress: `127.0.0.1:${toTemporal.port}`,
    },
  };
});
afterEach(() => Promise.all([toDatabase.heal(), toTemporal.heal()]));
afterAll(() => database?.drop());

/** Gives the page's streams, and nothing else, an end that comes from outside. */
const CUTTABLE = `
  const { fetch } = globalThis;
  let cutting = new AbortController();
  globalThis.cutStreams = () => cutting.abort();
  globalThis.healStreams = () => { cutting = new AbortController(); };
  globalThis.fetch = (request, init) => {
    if (!new URL(request.url ?? request, location.href).pathname.endsWith('/stream')) return fetch(request, init);
    return fetch(request, { ...init, signal: AbortSignal.any([cutting.signal, ...(request.signal ? [request.signal] : [])]) });
  };
`;

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const emit = async (tenant: string) =>
  (await stage.tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} })).body
    .deliveries[0].id as string;
const isUntouched = (page: Page) => page.evaluate('window.untouched === true');

test('Temporal is away alone: the overview says so, a retry is refused in words, what is accepted meanwhile arrives by itself', async () => {
  const receiver = await startReceiver(500);
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: receiver.url, retry_schedule: [] },
  ]);
  const failed = await emit(tenant.id);
  await stage.tidings.settled(failed);
  const overview = await stage.dashboard('/');
  await overview.page.getByRole('heading', { level: 1 }).waitFor();
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/deliveries/${failed}`);
  await button(page, 'Retry now').waitFor();
  await page.evaluate('window.untouched = true');

  await toTemporal.refuse();
  await overview.page.getByText('does not answer').first().waitFor(SOON);
  await button(page, 'Retry now').click();
  await page.getByRole('alert').getByText('Temporal').first().waitFor(SOON);
  const meanwhile = await emit(tenant.id);
  await page.locator(`a[href*="${meanwhile}"]`).first().waitFor(SOON);
  receiver.answer(200);

  await toTemporal.heal();
  await stage.tidings.settled(meanwhile, ['succeeded'], 60_000);
  const row = page.getByRole('row').filter({ hasText: meanwhile });
  await row.getByText('Succeeded').waitFor(SOON);
  await overview.page
    .getByText('does not answer')
    .first()
    .waitFor({ state: 'detached', ...SOON });
  await button(page, 'Retry now').click();
  await page
    .getByRole('region', { name: 'What happened' })
    .getByText(/accepted/)
    .first()
    .waitFor(SOON);
  expect(await isUntouched(page)).toBe(true);
  await receiver.close();
}, 240_000);

test('the database is away alone: the page says so, keeps what it shows, and comes back by itself', async () => {
  const receiver = await startReceiver();
  const { url } = receiver;
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [{ url }]);
  const { page, context } = await stage.dashboard(`/tenants/${tenant.id}/endpoints`);
  await page.getByText(url).first().waitFor();
  await page.evaluate('window.untouched = true');

  await toDatabase.refuse();
  const away = page.getByRole('alert').getByText('cannot reach its database');
  await away.waitFor(SOON);
  expect(await page.getByText(url).count()).toBeGreaterThan(0);

  // A page that is opened just then waits, and does not ask for a key.
  const late = await context.newPage();
  await late.goto(page.url());
  await late.getByRole('alert').getByText('cannot reach its database').waitFor(SOON);
  await toDatabase.heal();
  await away.waitFor({ state: 'detached', ...SOON });
  await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: `${url}/second` });
  await page.getByText(`${url}/second`).first().waitFor(SOON);
  expect(await isUntouched(page)).toBe(true);
  await late.getByText(`${url}/second`).first().waitFor(SOON);
  await receiver.close();
}, 240_000);

test('the stream is cut: the page says so and asks instead; when it is back, changes come by themselves', async () => {
  const receiver = await startReceiver();
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [{ url: receiver.url }]);
  const { page } = await stage.dashboard('/');
  await page.addInitScript(CUTTABLE);
  await page.goto(`${stage.tidings.url}/dashboard/tenants/${tenant.id}/deliveries`);
  await page.getByText('No delivery yet').waitFor();
  await page.evaluate('window.untouched = true');
  const row = (id: string) => page.locator(`a[href*="${id}"]`).first();
  await row(await emit(tenant.id)).waitFor(SOON);

  await page.evaluate('cutStreams()');
  const cut = page.getByRole('status').getByText('do not come by themselves');
  await cut.waitFor(SOON);
  await row(await emit(tenant.id)).waitFor(SOON);

  await page.evaluate('healStreams()');
  await cut.waitFor({ state: 'detached', ...SOON });
  await row(await emit(tenant.id)).waitFor(SOON);
  expect(await isUntouched(page)).toBe(true);
  await receiver.close();
}, 240_000);

test('news never pause, and the service answers slower than they come: the page is renewed all the same', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme' }, [{ url: receiver.url }]);
  const path = `/tenants/${tenant.id}/endpoints`;
  const { page } = await stage.dashboard(path);
  await page.getByText(endpoints[0].id).first().waitFor();
  await page.route(`**/v1${path}**`, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    await route.continue().catch(() => {});
  });
  let isOver = false;
  const news = (async () => {
    while (!isOver) {
      await emit(tenant.id);
      await new Promise((resolve) => setTimeout(resolve, EMIT_EVERY_MS));
    }
  })();
  try {
    for (const description of ['First name', 'Second name', 'Third name']) {
      await stage.tidings.call('PATCH', `/v1${path}/${endpoints[0].id}`, { description });
      await page.getByText(description).first().waitFor(SOON);
    }
  } finally {
    isOver = true;
    await news;
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }
  await receiver.close();
}, 240_000);
