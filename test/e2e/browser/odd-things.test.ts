/** Stories of odd things: bodies that attack whoever reads them, ten thousand rows, services that go away, data with errors, links to what is gone. */
import type { Page } from 'playwright-core';
import { freePort } from '../../../src/embedded/free-port.ts';
import { createTestDatabase } from '../../helpers/database.ts';
import { type Answer, startReceiver } from '../../helpers/receiver.ts';
import { startTestService } from '../../helpers/service.ts';
import { endedDelivery, openDashboard, setStage, tenantWith } from './visitor.ts';

const ROWS = 10_000;
const BATCH = 100;
const ROWS_OF_A_PAGE = 100;
const WHEEL_PIXELS = 5_000;
const PATIENTLY = { timeout: 120_000 };

/**
 * Waits until the list has come to rest for two frames, and looks at what of it can be seen: how many rows are drawn, and how many pixels
 * between the head and the lower edge no row covers.
 */
const LOOK = `(async () => {
  const list = document.querySelector('[aria-label="List of deliveries"]');
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  for (let still = 0, before = -1; still < 2; before = list.scrollTop) {
    await frame();
    still = list.scrollTop === before ? still + 1 : 0;
  }
  const box = (element) => element.getBoundingClientRect();
  const rows = [...list.querySelectorAll('tr[data-index]')].map(box).sort((a, b) => a.top - b.top);
  const bottom = Math.min(box(list).bottom, box(list.querySelector('tbody')).bottom, innerHeight);
  let blank = 0;
  let covered = box(list.querySelector('thead')).bottom;
  for (const row of [...rows, { top: bottom, bottom }]) {
    if (covered >= bottom) break;
    blank += Math.max(0, Math.min(row.top, bottom) - covered);
    covered = Math.max(covered, row.bottom);
  }
  return { rows: rows.length, blank: Math.floor(blank), isAtTop: list.scrollTop === 0 };
})()`;
type Look = { rows: number; blank: number; isAtTop: boolean };

const stage = setStage();

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
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: receiver.url, retry_schedule: [] },
  ]);
  const id = await endedDelivery(stage.tidings, tenant);
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/deliveries/${id}`);
  const { page } = visitor;
  const response = page.getByRole('region', { name: 'Response' });
  await response.getByText(shown).first().waitFor();
  expect(await page.evaluate('window.hurt')).toBeUndefined();
  const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate(wide)).toBeLessThanOrEqual(0);
  await receiver.close();
});

test(`${ROWS} deliveries are scrolled to the end: few rows are on the page at a time, none is missing where one looks, and each page is asked for once`, async () => {
  // One goes after the other, and the first has no answer: this is about the list, and the machine is busy enough with it.
  const receiver = await startReceiver(() => {});
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: receiver.url, ordered: true, timeout_ms: 60_000 },
  ]);
  const path = `/v1/tenants/${tenant.id}/events`;
  const first = (await stage.tidings.call('POST', path, { type: 'a.b', data: {} })).body.deliveries[0].id;
  for (let from = 1; from < ROWS; from += BATCH) {
    const events = Array.from({ length: Math.min(BATCH, ROWS - from) }, (_, i) => ({
      type: 'a.b',
      data: { number: from + i },
    }));
    expect((await stage.tidings.call('POST', `${path}/batch`, { events })).status).toBe(202);
  }
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/deliveries`);
  const cursors: string[] = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.endsWith('/deliveries')) cursors.push(searchParams.get('cursor') ?? 'none');
  });
  await page.locator('a[href*="/deliveries/dlv_"]').first().waitFor(PATIENTLY);
  await page.getByRole('region', { name: 'List of deliveries' }).hover(PATIENTLY);
  const looks: Look[] = [];
  const deadline = Date.now() + 240_000;
  while ((await page.locator(`a[href*="${first}"]`).count()) === 0) {
    if (Date.now() > deadline) throw new Error(`The end was not reached: ${await page.innerText('main')}`);
    await page.mouse.wheel(0, WHEEL_PIXELS);
    looks.push((await page.evaluate(LOOK)) as Look);
  }
  // And back, past rows that were thrown away.
  for (let i = 0; i < 5; i += 1) {
    await page.mouse.wheel(0, -WHEEL_PIXELS);
    looks.push((await page.evaluate(LOOK)) as Look);
  }
  expect(looks.filter(({ blank }) => blank > 1)).toEqual([]);
  expect(looks.at(-1)?.isAtTop).toBe(false);
  expect(Math.min(...looks.map(({ rows }) => rows))).toBeGreaterThan(10);
  expect(Math.max(...looks.map(({ rows }) => rows))).toBeLessThan(100);
  const followed = cursors.filter((cursor) => cursor !== 'none');
  expect(followed).toHaveLength(ROWS / ROWS_OF_A_PAGE - 1);
  expect(new Set(followed).size).toBe(followed.length);
  await receiver.close();
}, 420_000);

test('the service goes away: the page says so, keeps what it shows, and comes back by itself', async () => {
  const database = await createTestDatabase();
  const settings = { TIDINGS_PORT: String(await freePort(0)) };
  const first = await startTestService(settings, { database });
  const receiver = await startReceiver();
  const { tenant } = await tenantWith(first, { name: 'Acme' }, [{ url: receiver.url }]);
  const visitor = await openDashboard(stage.browser, first, `/tenants/${tenant.id}/endpoints`);
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
  expect(visitor.faults).toEqual([]);
  await visitor.context.close();
  await receiver.close();
  await second.stop();
  await database.drop();
}, 240_000);

test('an event with an error in its data is refused at the field, corrected and sent', async () => {
  const receiver = await startReceiver();
  const { tenant } = await tenantWith(stage.tidings, { name: 'School', profile: 'lessonly' }, [
    { url: receiver.url },
  ]);
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/events`);
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

test("no link of the operator's pages leads to what was deleted", async () => {
  const receiver = await startReceiver(410);
  const gone = await tenantWith(stage.tidings, { name: 'Gone' }, [{ url: receiver.url, retry_schedule: [] }]);
  const kept = await tenantWith(stage.tidings, { name: 'Kept' }, [
    { url: receiver.url, retry_schedule: [] },
    { url: `${receiver.url}/kept`, retry_schedule: [] },
  ]);
  for (const { tenant } of [gone, kept]) {
    const path = `/v1/tenants/${tenant.id}/events`;
    const { body } = await stage.tidings.call('POST', path, { type: 'a.b', data: {} });
    for (const { id } of body.deliveries) await stage.tidings.settled(id);
    await stage.tidings.call('POST', `/v1/deliveries/${body.deliveries[0].id}/retry`);
  }
  await stage.tidings.call('DELETE', `/v1/tenants/${kept.tenant.id}/endpoints/${kept.endpoints[0].id}`);
  await stage.tidings.call('DELETE', `/v1/tenants/${gone.tenant.id}`);
  const { page } = await stage.dashboard('/activity');
  await page.getByText('Tenant deleted').first().waitFor();
  const links = new Set<string>();
  for (const path of ['activity', '', 'tenants']) {
    await page.goto(`${stage.tidings.url}/dashboard/${path}`);
    await page.waitForLoadState('networkidle').catch(() => {});
    const found = await page
      .getByRole('main')
      .getByRole('link')
      .evaluateAll((each) => each.map((link) => (link as unknown as { href: string }).href));
    // Those of the stories before may name hundreds of things.
    for (const href of found) if (JSON.stringify([gone, kept]).includes(idIn(href))) links.add(href);
  }
  expect([...links].some((href) => href.includes(kept.tenant.id))).toBe(true);
  expect([...links].filter((href) => href.includes(gone.tenant.id))).toEqual([]);
  for (const href of links) {
    await page.goto(href);
    await page.waitForLoadState('networkidle').catch(() => {});
    const wrong = page.getByRole('alert').or(page.getByText('There is no such page'));
    expect([href, await wrong.count()]).toEqual([href, 0]);
  }
  await receiver.close();
}, 180_000);

/** The tenant that a page's address names. */
const idIn = (href: string): string => /\/tenants\/(ten_\w+)/.exec(href)?.[1] ?? 'none';
