/** Stories of a support person and a customer whose receiver fails: found out, mended, retried; one delivery, and thousands. */
import type { Page } from 'playwright-core';
import { eventually } from '../../helpers/eventually.ts';
import { type MailServer, startMailServer } from '../../helpers/mail-server.ts';
import { startReceiver } from '../../helpers/receiver.ts';
import { setStage, tenantWith } from './visitor.ts';

const FAILURES = 2_000;
const BATCH = 100;

let mail: MailServer;
const stage = setStage(async () => {
  mail = await startMailServer();
  return { env: { SMTP_URL: mail.url } };
});
afterAll(() => mail?.close());

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const emit = async (tenant: string, data: object = {}) =>
  (await stage.tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'invoice.paid', data })).body;

test('a receiver breaks: the failure is explained, the mail arrives, it is mended, Retry now, and the page is green without a reload', async () => {
  const receiver = await startReceiver((response) =>
    response.writeHead(503, { 'content-type': 'text/plain' }).end('closed for maintenance'),
  );
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme', contacts: ['ops@acme.example'] }, [
    { url: receiver.url, retry_schedule: [] },
  ]);
  const event = await emit(tenant.id);
  await stage.tidings.settled(event.deliveries[0].id);
  const [sent] = await eventually(
    () => mail.received,
    ({ length }) => length > 0,
  );
  expect(sent?.recipients).toEqual(['ops@acme.example']);
  for (const said of [event.id, event.deliveries[0].id, new URL(receiver.url).host, 'status 503'])
    expect(sent?.text).toContain(said);
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/deliveries`);
  const { page } = visitor;
  await page.getByLabel('Status', { exact: true }).selectOption('failed');
  expect(new URL(page.url()).searchParams.get('status')).toBe('failed');
  await page
    .getByRole('link', { name: new RegExp(event.deliveries[0].id) })
    .first()
    .click();
  const happened = page.getByRole('region', { name: 'What happened' });
  await happened.getByText('503').first().waitFor();
  await page.getByRole('region', { name: 'Response' }).getByText('closed for maintenance').waitFor();
  await page.getByRole('region', { name: 'Timeline' }).waitFor();
  const [link = ''] = /\S+\/dashboard\/\S+/.exec(sent?.text ?? '') ?? [];
  expect(new URL(link).pathname).toBe(new URL(page.url()).pathname);
  await page.goto(link);
  await happened.getByText('503').first().waitFor();

  receiver.answer(200);
  await page.evaluate('window.untouched = true');
  await button(page, 'Retry now').click();
  await happened
    .getByText('Succeeded')
    .or(page.getByRole('region', { name: 'What happened' }).getByText(/accepted/))
    .first()
    .waitFor();
  expect(await page.evaluate('window.untouched')).toBe(true);
  await receiver.close();
});

test('disable, miss, enable: what was missed is counted by a dry run, and recovered', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme' }, [{ url: receiver.url }]);
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/endpoints/${endpoints[0].id}`);
  const { page } = visitor;
  await button(page, 'Disable').click();
  await page.getByRole('dialog').getByLabel('Reason').fill('The CRM moves until Monday. ');
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await button(page, 'Enable').waitFor();
  await page.locator('q').getByText('The CRM moves until Monday.', { exact: true }).waitFor();
  await Promise.all([emit(tenant.id), emit(tenant.id), emit(tenant.id)]);
  expect(receiver.received).toHaveLength(0);
  await button(page, 'Enable').click();
  await page
    .getByText(/3 events missed|missed 3/)
    .first()
    .waitFor();
  await button(page, 'Recover').first().click();
  const dialog = page.getByRole('dialog');
  await dialog
    .getByText(/\b3 of/)
    .first()
    .waitFor();
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await receiver.until(3);
  await receiver.close();
});

test('what an endpoint has not got is counted when something changes, and not while nothing does', async () => {
  const receiver = await startReceiver(500);
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: receiver.url, retry_schedule: [] },
  ]);
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/endpoints/${endpoints[0].id}`);
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/recover')) asked.push(request.url());
  });
  await button(page, 'Recover').waitFor();
  await page.waitForLoadState('networkidle').catch(() => {});
  asked.length = 0;
  await page.waitForTimeout(20_000);
  expect(asked).toEqual([]);
  await emit(tenant.id);
  await eventually(
    () => asked.length,
    (count) => count > 0,
  );
  const before = asked.length;
  receiver.answer(200);
  await Promise.all(Array.from({ length: 30 }, () => emit(tenant.id)));
  await receiver.until(31);
  await page.getByText(/has missed 1 event/).waitFor();
  expect(asked.length - before).toBeLessThan(6);
  await page.goto(page.url().replace(/endpoints.*/, 'events'));
  const rows = page.getByRole('table').getByRole('row');
  await rows.filter({ hasText: 'Failed' }).waitFor();
  expect(await rows.filter({ hasText: 'Succeeded' }).count()).toBe(30);
  await receiver.close();
});

test('the secret is rotated with an overlap, and the receiver sees both signatures', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme' }, [{ url: receiver.url }]);
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/endpoints/${endpoints[0].id}/settings`);
  const { page } = visitor;
  await button(page, 'Rotate secret').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await page
    .getByText(/whsec_/)
    .first()
    .waitFor();
  await emit(tenant.id);
  const [sent] = await receiver.until(1);
  expect(String(sent?.headers['webhook-signature']).split(' ')).toHaveLength(2);
  await receiver.close();
});

test(`${FAILURES} failures, selected by a filter, are retried as one operation, whose progress is shown on the way`, async () => {
  const receiver = await startReceiver(500);
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: receiver.url, retry_schedule: [3600] },
  ]);
  const path = `/v1/tenants/${tenant.id}`;
  for (let from = 0; from < FAILURES; from += BATCH) {
    const events = Array.from({ length: BATCH }, (_, i) => ({
      type: 'invoice.paid',
      data: { number: from + i },
    }));
    expect((await stage.tidings.call('POST', `${path}/events/batch`, { events })).status).toBe(202);
  }
  // What waits when the endpoint is disabled fails at once.
  const endpoint = `${path}/endpoints/${endpoints[0].id}`;
  await stage.tidings.call('PATCH', endpoint, { enabled: false });
  const failed = async () =>
    (await stage.tidings.call('GET', `${endpoint}/stats`)).body.by_status.failed ?? 0;
  await eventually(failed, (count) => count >= FAILURES, 90_000);
  await stage.tidings.call('PATCH', endpoint, { enabled: true });
  const before = receiver.received.length;
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/deliveries?status=failed`);
  const { page } = visitor;
  await page.getByLabel('Select all that match').check();
  await button(page, 'Retry them').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/2,000 of/).waitFor();
  // The receiver keeps the second half waiting until the first has been shown.
  const kept: (() => void)[] = [];
  let answered = 0;
  receiver.answer((response) => {
    const end = () => response.end();
    if (answered < FAILURES / 2) end();
    else kept.push(end);
    answered += 1;
  });
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  const progress = page.getByRole('region', { name: 'Operation' });
  await progress.getByText(/^(?!0 )[\d,]+ of 2,000 done/).waitFor({ timeout: 90_000 });
  expect(await progress.getByText(/2,000 of 2,000 done/).count()).toBe(0);
  receiver.answer(200);
  for (const end of kept) end();
  await page.getByText(/2,000 of 2,000 done/).waitFor({ timeout: 90_000 });
  expect(receiver.received.length - before).toBeGreaterThanOrEqual(FAILURES);
  await receiver.close();
}, 240_000);

test("an operator's list of all deliveries is filtered by an endpoint's id, pasted with white space around it, and the address says so", async () => {
  const receiver = await startReceiver(500);
  const owners = [];
  for (const name of ['Acme', 'Hillside'])
    owners.push(await tenantWith(stage.tidings, { name }, [{ url: receiver.url, retry_schedule: [] }]));
  const deliveries: string[] = [];
  for (const { tenant } of owners) {
    const { id } = (await emit(tenant.id)).deliveries[0];
    await stage.tidings.settled(id);
    deliveries.push(id);
  }
  const [mine = '', others = ''] = deliveries;
  const endpoint: string = owners[0]?.endpoints[0].id;
  const { page } = await stage.dashboard('/deliveries');
  const row = (id: string) => page.locator(`a[href*="${id}"]`).first();
  await row(others).waitFor();
  const field = page.getByLabel('Endpoint', { exact: true });
  const asked = () => new URL(page.url()).searchParams.get('endpoint_id');
  const isFocused = () => field.evaluate((element) => element === element.ownerDocument.activeElement);

  await field.fill('ep_nonsense of somebody');
  await page.getByText('An endpoint’s id is ep_').waitFor();
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  expect(asked()).toBeNull();
  await row(others).waitFor();

  await field.fill('');
  await field.focus();
  await page.keyboard.insertText(` ${endpoint} `);
  await row(others).waitFor({ state: 'detached' });
  await row(mine).waitFor();
  expect(asked()).toBe(endpoint);
  // Whoever typed it goes on from there.
  expect(await isFocused()).toBe(true);
  expect(await field.getAttribute('aria-invalid')).toBeNull();
  await page.reload();
  await row(mine).waitFor();
  expect(await field.inputValue()).toBe(endpoint);
  expect(await row(others).count()).toBe(0);

  await page.getByRole('button', { name: new RegExp(endpoint) }).click();
  await row(others).waitFor();
  expect(await field.inputValue()).toBe('');
  await receiver.close();
});

test('a code that is typed into the filters is taken when it is whole, and the field keeps the focus', async () => {
  const receiver = await startReceiver(500);
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: receiver.url, retry_schedule: [] },
  ]);
  const { id } = (await emit(tenant.id)).deliveries[0];
  await stage.tidings.settled(id);
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/deliveries`);
  const row = page.locator(`a[href*="${id}"]`).first();
  await row.waitFor();
  const field = page.getByLabel('HTTP code', { exact: true });
  await field.focus();
  await page.keyboard.type('404');
  await row.waitFor({ state: 'detached' });
  expect(new URL(page.url()).searchParams.get('response_status')).toBe('404');
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Backspace');
  await page.keyboard.type('500');
  await row.waitFor();
  expect(await field.inputValue()).toBe('500');
  expect(new URL(page.url()).searchParams.get('response_status')).toBe('500');
  await receiver.close();
});
