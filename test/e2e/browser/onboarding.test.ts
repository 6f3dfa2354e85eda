/** Stories of setting up webhooks, as the four products' own documents tell them. */
import type { Page } from 'playwright-core';
import { type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { setStage, tenantWith } from './visitor.ts';

const stage = setStage();
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver?.close();
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('Reading Steps, from the empty dashboard: create the tenant, choose events, save and test, see the signed request and its answer', async () => {
  const visitor = await stage.dashboard();
  const { page } = visitor;
  await page.getByRole('link', { name: 'Tenants', exact: true }).click();
  await button(page, 'Create tenant').click();
  await page.getByLabel('Name', { exact: true }).fill('Hillside School');
  await page.getByLabel('Profile', { exact: true }).selectOption({ label: 'Reading Steps' });
  await button(page, 'Create tenant').click();

  await page.getByLabel('Endpoint URL').fill(`  ${receiver.url}/reading `);
  await page.getByLabel('Description').fill('Timetable');
  await page.getByRole('checkbox', { name: /^All/ }).uncheck();
  await page.getByRole('checkbox', { name: 'class.created', exact: true }).check();
  await page.getByLabel('Authentication', { exact: true }).selectOption({ label: 'User name and password' });
  await page.getByLabel('Username').fill('hillside');
  await page.getByLabel('Password').fill('pass:word');
  await button(page, 'Save and test').click();

  const [sent] = await receiver.until(1);
  expect(sent?.headers.authorization).toBe(`Basic ${Buffer.from('hillside:pass:word').toString('base64')}`);
  const request = page.getByRole('region', { name: 'Request' });
  await request
    .getByText(/X-ReadingSteps-Signature/i)
    .first()
    .waitFor();
  expect(await request.innerText()).not.toContain('pass:word');
  await page.getByRole('region', { name: 'Response' }).getByText('200').first().waitFor();
  await page.getByRole('region', { name: 'What happened' }).waitFor();
  const { body } = await stage.tidings.call('GET', '/v1/search?q=Hillside');
  const { body: endpoints } = await stage.tidings.call('GET', `/v1/tenants/${body.items[0].id}/endpoints`);
  expect(endpoints.items).toMatchObject([{ description: 'Timetable', event_types: ['class.created'] }]);
});

test('a Leah endpoint is refused for http, with the reason at the field', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Partner', profile: 'leah' });
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/endpoints/new`);
  const { page } = visitor;
  await page.getByLabel('Endpoint URL').fill(receiver.url);
  await page.getByLabel('Authentication', { exact: true }).selectOption({ label: 'Bearer token' });
  await page.getByLabel('Token', { exact: true }).fill('a token');
  await button(page, 'Create endpoint').click();
  await page.getByRole('alert').first().waitFor();
  const field = page.getByLabel('Endpoint URL');
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  const ids = (await field.getAttribute('aria-describedby')) ?? '';
  const said = await Promise.all(ids.split(' ').map((id) => page.locator(`[id="${id}"]`).innerText()));
  expect(said.join(' ')).toMatch(/https/);
});

test('a second URL of Lessonly is refused in the words of the API', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Academy', profile: 'lessonly' }, [
    { url: receiver.url },
  ]);
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/endpoints/new`);
  const { page } = visitor;
  await page.getByLabel(/URL/).first().fill(`${receiver.url}/second`);
  await button(page, 'Create endpoint').click();
  await page.getByRole('alert').first().waitFor();
  const { body } = await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: `${receiver.url}/second`,
  });
  await page
    .getByText(body.errors?.[0]?.message ?? body.detail, { exact: false })
    .first()
    .waitFor();
});

test('a SCORM webhook with a secret that is shown once, and then to nobody who does not ask for it, and its history', async () => {
  const secret = 'a secret of our own, long enough';
  const { tenant } = await tenantWith(stage.tidings, { name: 'Courses', profile: 'scorm-api' });
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/endpoints/new`);
  const { page } = visitor;
  await page.getByLabel('Endpoint URL').fill(`${receiver.url}/scorm`);
  await page.getByLabel('Secret', { exact: true }).fill(secret);
  await button(page, 'Create endpoint').click();
  await page.getByText(secret, { exact: true }).waitFor();
  await button(page, 'Send test event').click();
  await page.getByRole('region', { name: 'Response' }).getByText('200').first().waitFor();
  const { pathname } = new URL(page.url());
  await page.getByRole('link', { name: 'Deliveries', exact: true }).first().click();
  await page.locator('a[href*="/deliveries/dlv_"]').first().waitFor();
  const sent = receiver.received.find(({ path }) => path.endsWith('/scorm'));
  expect(Object.keys(sent?.headers ?? {}).some((name) => name.includes('signature'))).toBe(true);

  for (const tab of ['', '/settings', '/verify']) {
    await page.goto(`${stage.tidings.url}${pathname}${tab}`);
    await button(page, 'Reveal secret').waitFor();
    expect(await shown(page)).not.toContain(secret);
  }
  await button(page, 'Reveal secret').click();
  await page.getByText(secret, { exact: true }).waitFor();
});

test('a secret that is made for a new endpoint is shown once: after a reload it is not on the page', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' });
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/endpoints/new`);
  await page.getByLabel('Endpoint URL').fill(`${receiver.url}/acme`);
  await button(page, 'Create endpoint').click();
  await page
    .getByText(/whsec_/)
    .first()
    .waitFor();
  await button(page, 'Copy').waitFor();
  await page.reload();
  await button(page, 'Send test event').waitFor();
  expect(await shown(page)).not.toContain('whsec_');
  await page.getByRole('link', { name: 'Deliveries', exact: true }).first().click();
  await page.goBack();
  await button(page, 'Send test event').waitFor();
  expect(await shown(page)).not.toContain('whsec_');
});

/** The whole page, what stands in its fields and what it has stored included. */
const shown = async (page: Page): Promise<string> =>
  (await page.content()) +
  (await page.evaluate(
    `JSON.stringify([[...document.querySelectorAll('input, textarea')].map(({ value }) => value), { ...localStorage }, { ...sessionStorage }, history.state])`,
  ));

test('a double click creates one endpoint', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Clicks' });
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/endpoints/new`);
  await visitor.page.getByLabel('Endpoint URL').fill(`${receiver.url}/clicks`);
  await button(visitor.page, 'Create endpoint').dblclick();
  await button(visitor.page, 'Send test event').waitFor();
  const { body } = await stage.tidings.call('GET', `/v1/tenants/${tenant.id}/endpoints`);
  expect(body.items).toHaveLength(1);
});

test('a double click on Confirm disables once', async () => {
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Clicks' }, [{ url: receiver.url }]);
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/endpoints/${endpoints[0].id}`);
  const changes = requestsOf(page, 'PATCH');
  await button(page, 'Disable').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).dblclick();
  await button(page, 'Enable').waitFor();
  expect(changes).toHaveLength(1);
});

test('a double click on Send sends one event', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Clicks' });
  const own = { name: 'a.b', example: {} };
  await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/event-types`, own);
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/events/new`);
  const events = requestsOf(page, 'POST', '/events');
  await page.getByLabel('Event type', { exact: true }).selectOption('a.b');
  await page.getByLabel('Data', { exact: true }).fill('{}');
  await button(page, 'Send').dblclick();
  await page.locator('a[href*="/events/evt_"]').first().waitFor();
  expect(events).toHaveLength(1);
  const { body } = await stage.tidings.call('GET', `/v1/tenants/${tenant.id}/events`);
  expect(body.items).toHaveLength(1);
});

/** The requests of a method that the page makes from now on. */
function requestsOf(page: Page, method: string, path = ''): string[] {
  const made: string[] = [];
  page.on('request', (request) => {
    if (request.method() === method && request.url().endsWith(path)) made.push(request.url());
  });
  return made;
}
