/** Stories of signing in and out of the dashboard, and of a session that ends. */
import { ADMIN_KEY } from '../../helpers/service.ts';
import { setStage, tenantWith } from './visitor.ts';

const stage = setStage();

test('an operator signs in with a key, and out', async () => {
  const visitor = await stage.window();
  const { page } = visitor;
  await page.goto(`${stage.tidings.url}/`);
  await page.getByLabel('API key').fill('tidings_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('This API key is not valid').waitFor();
  // White space around a key comes from copying it.
  await page.getByLabel('API key').fill(`  ${ADMIN_KEY} `);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Tenants', exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/dashboard/');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('API key').waitFor();
  await page.reload();
  await page.getByLabel('API key').waitFor();
});

test('a page that asks for nothing signs nobody out: a stranger sees the sign-in page, without a refused request', async () => {
  const visitor = await stage.window();
  const refused: string[] = [];
  visitor.page.on('response', (response) => {
    if (response.status() >= 400) refused.push(response.url());
  });
  await visitor.page.goto(`${stage.tidings.url}/dashboard/tenants`);
  await visitor.page.getByLabel('API key').waitFor();
  expect(refused).toEqual([]);
});

test("a tenant's key shows that tenant, directly under the dashboard", async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
  const { body: key } = await stage.tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['manage'],
    name: 'CRM',
  });
  const visitor = await stage.dashboard('/endpoints', { key: key.key });
  const { page } = visitor;
  await page.getByRole('button', { name: 'Create endpoint' }).waitFor();
  await page.getByText('Hillside School').first().waitFor();
  expect(await page.getByRole('link', { name: 'Tenants', exact: true }).count()).toBe(0);
});

test("a link that names the tenant, as mails have it, leads a tenant's key to that page after the sign-in, and to no other tenant's", async () => {
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Hillside School' }, [
    { url: 'https://crm.example.com/hook' },
  ]);
  const { tenant: other } = await tenantWith(stage.tidings, { name: 'Riverside Academy' });
  const asked = { kind: 'tenant', tenant: tenant.id, scopes: ['manage'], name: 'CRM' };
  const { body: key } = await stage.tidings.call('POST', '/v1/keys', asked);
  const { page } = await stage.window();
  await page.goto(`${stage.tidings.url}/dashboard/tenants/${tenant.id}/endpoints/${endpoints[0].id}?tab=1`);
  await page.getByLabel('API key').fill(key.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(endpoints[0].id).first().waitFor();
  const { pathname, search } = new URL(page.url());
  expect(pathname + search).toBe(`/dashboard/endpoints/${endpoints[0].id}?tab=1`);

  await page.goto(`${stage.tidings.url}/dashboard/tenants/${tenant.id}`);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto(`${stage.tidings.url}/dashboard/tenants/${other.id}/endpoints`);
  await page
    .getByRole('heading', { name: 'There is no such page' })

    .first()
    .waitFor();
  expect(await page.getByText('Riverside Academy').count()).toBe(0);
});

test('a session that ends while a form is open loses nothing that was typed', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
  const visitor = await stage.dashboard(`/tenants/${tenant.id}/endpoints/new`);
  const { page, context } = visitor;
  await page.getByLabel('Description').fill('typed before');
  const { body } = await stage.tidings.call('GET', '/v1/sessions');
  for (const session of body.items) await stage.tidings.call('DELETE', `/v1/sessions/${session.id}`);
  await page.getByLabel('Endpoint URL').fill('https://hooks.example.com/tidings');
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.getByLabel('API key').fill(ADMIN_KEY);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'hidden' });
  expect(await page.getByLabel('Description').inputValue()).toBe('typed before');
  expect(await page.getByLabel('Endpoint URL').inputValue()).toBe('https://hooks.example.com/tidings');
  expect(await context.cookies()).toHaveLength(1);
});
