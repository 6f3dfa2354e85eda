/** Stories of odd things: bodies that attack whoever reads them, ten thousand rows, services that go away, keyboards without a mouse. */
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../../../src/embedded/free-port.ts';
import { createTestDatabase } from '../../helpers/database.ts';
import { type Answer, startReceiver } from '../../helpers/receiver.ts';
import { startTestService, type TestService } from '../../helpers/service.ts';
import { launchChromium } from './chromium.ts';
import { openDashboard, tenantWith, type Visitor } from './visitor.ts';

const ROWS = 10_000;
const BATCH = 100;

let tidings: TestService;
let browser: Browser;
let visitor: Visitor;
beforeAll(async () => {
  [tidings, browser] = await Promise.all([startTestService(), launchChromium()]);
}, 300_000);
afterEach(async () => {
  expect(visitor.faults).toEqual([]);
  await visitor.context.close();
});
afterAll(async () => {
  await browser?.close();
  await tidings?.stop();
});

const says =
  (body: string | Buffer, type = 'text/html'): Answer =>
  (response) =>
    response.writeHead(500, { 'content-type': type, 'x-note': '<img src=x onerror=hurt()>' }).end(body);

test.each([
  [
    'a script',
    says('<script>window.hurt = true</script><img src=x onerror="window.hurt=true">'),
    'window.hurt',
  ],
  ['terminal escapes', says('\u001b[31mred\u001b]0;title\u0007', 'text/plain'), '␛'],
  ['bidi controls', says('user \u202egnp.exe', 'text/plain'), '<U+202E>'],
  ['16 KiB of NULs', says(Buffer.alloc(16_384), 'application/octet-stream'), '␀'],
  ['broken UTF-8', says(Buffer.from([0xff, 0xfe, 0x41, 0xc3]), 'text/plain'), 'A'],
  ['one line without a break', says('x'.repeat(16_384), 'text/plain'), 'xxxx'],
  ['deep JSON', says(`${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'application/json'), '['],
])('a body with %s is shown, and harms nobody', async (_name, answer, shown) => {
  const receiver = await startReceiver(answer);
  const { tenant } = await tenantWith(tidings, { name: 'Acme' }, [{ url: receiver.url, retry_schedule: [] }]);
  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: {},
  });
  const { id } = event.deliveries[0];
  await tidings.settled(id);
  visitor = await openDashboard(browser, tidings, `/tenants/${tenant.id}/deliveries/${id}`);
  const { page } = visitor;
  const response = page.getByRole('region', { name: 'Response' });
  await response.getByText(shown).first().waitFor();
  expect(await page.evaluate('window.hurt')).toBeUndefined();
  const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate(wide)).toBeLessThanOrEqual(0);
  await receiver.close();
});

test(`${ROWS} deliveries are scrolled to the end, with few rows on the page at a time`, async () => {
  const receiver = await startReceiver();
  const { tenant } = await tenantWith(tidings, { name: 'Acme' }, [{ url: receiver.url }]);
  for (let from = 0; from < ROWS; from += BATCH) {
    const events = Array.from({ length: BATCH }, (_, i) => ({ type: 'a.b', data: { number: from + i } }));
    await tidings.call('POST', `/v1/tenants/${tenant.id}/events/batch`, { events });
  }
  visitor = await openDashboard(browser, tidings, `/tenants/${tenant.id}/deliveries`);
  const { page } = visitor;
  const links = page.locator('a[href*="/deliveries/dlv_"]');
  await links.first().waitFor();
  const seen = new Set<string>();
  let most = 0;
  const deadline = Date.now() + 120_000;
  while (seen.size < 500 && Date.now() < deadline) {
    const hrefs = await links.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('href') ?? ''));
    for (const href of hrefs) seen.add(href);
    most = Math.max(most, hrefs.length);
    await links.last().hover();
    await page.mouse.wheel(0, 2_000);
  }
  expect(seen.size).toBeGreaterThanOrEqual(500);
  expect(most).toBeLessThan(400);
  await receiver.close();
}, 240_000);

test('the service goes away: the page says so, keeps what it shows, and comes back by itself', async () => {
  const database = await createTestDatabase();
  const settings = { TIDINGS_PORT: String(await freePort(0)) };
  const first = await startTestService(settings, { database });
  const receiver = await startReceiver();
  const { tenant } = await tenantWith(first, { name: 'Acme' }, [{ url: receiver.url }]);
  visitor = await openDashboard(browser, first, `/tenants/${tenant.id}/endpoints`);
  const { page } = visitor;
  await page.getByText(receiver.url).first().waitFor();
  await page.evaluate('window.untouched = true');
  await first.stop();
  const away = page.getByRole('alert').getByText('does not answer');
  await away.waitFor({ timeout: 60_000 });
  expect(await page.getByText(receiver.url).count()).toBeGreaterThan(0);

  const second = await startTestService(settings, { database });
  await away.waitFor({ state: 'detached', timeout: 60_000 });
  await second.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: `${receiver.url}/second` });
  await page.getByText(`${receiver.url}/second`).first().waitFor({ timeout: 60_000 });
  expect(await page.evaluate('window.untouched')).toBe(true);
  await receiver.close();
  await second.stop();
  await database.drop();
}, 240_000);

test('whatever id is pasted into the palette is found and opened, with the keyboard alone', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(tidings, { name: 'Acme', external_id: 'acme-42' }, [
    { url: receiver.url },
  ]);
  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: {},
  });
  visitor = await openDashboard(browser, tidings);
  const { page } = visitor;
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const [pasted, path] of [
    [endpoints[0].id, `/endpoints/${endpoints[0].id}`],
    [event.id, `/events/${event.id}`],
    [event.deliveries[0].id, `/deliveries/${event.deliveries[0].id}`],
    ['acme-42', `/tenants/${tenant.id}`],
    [receiver.url, `/endpoints/${endpoints[0].id}`],
  ] as const) {
    await page.keyboard.press('Control+k');
    const field = page.getByRole('dialog', { name: 'Command palette' }).getByLabel('Search');
    await field.waitFor();
    await page.keyboard.insertText(pasted);
    await page.getByRole('dialog').getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page
      .waitForURL((url) => url.pathname.includes(path))
      .catch((error) => {
        throw new Error(`${pasted} led to ${page.url()}: ${error.message}`);
      });
  }
  await receiver.close();
});

test('an event with an error in its data is refused at the field, corrected and sent', async () => {
  const receiver = await startReceiver();
  const { tenant } = await tenantWith(tidings, { name: 'School', profile: 'lessonly' }, [
    { url: receiver.url },
  ]);
  visitor = await openDashboard(browser, tidings, `/tenants/${tenant.id}/events`);
  const { page } = visitor;
  await page.getByRole('button', { name: 'Send an event', exact: true }).click();
  const data = page.getByLabel('Data', { exact: true });
  await data.waitFor();
  await page.getByLabel('Event type', { exact: true }).selectOption('lesson.completed');
  await expectFilled(page);
  const example = await data.inputValue();
  await data.fill('{}');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('alert').first().waitFor();
  expect(await data.getAttribute('aria-invalid')).toBe('true');
  expect(receiver.received).toHaveLength(0);
  await data.fill(example);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await receiver.until(1);
  await page.getByText('Succeeded').first().waitFor();
  await receiver.close();
});

/** The example of the chosen type comes by itself. */
async function expectFilled(page: Page): Promise<void> {
  const data = page.getByLabel('Data', { exact: true });
  for (let i = 0; i < 100 && (await data.inputValue()).length < 10; i += 1) await page.waitForTimeout(50);
}
