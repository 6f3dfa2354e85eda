/** Stories of the command palette: what somebody pastes into it is found, and opened with the keyboard alone. */
import type { Page } from 'playwright-core';
import { startReceiver } from '../../helpers/receiver.ts';
import { setStage, tenantWith } from './visitor.ts';

const stage = setStage();

test('whatever id is pasted into the palette is found and opened, with the keyboard alone', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme', external_id: 'acme-42' }, [
    { url: receiver.url },
  ]);
  const made = async (path: string, body: object) => (await stage.tidings.call('POST', path, body)).body;
  const base = `/v1/tenants/${tenant.id}`;
  await made(`${base}/event-types`, { name: 'own.type', example: {} });
  const event = await made(`${base}/events`, { type: 'a.b', data: {} });
  const since = new Date(0).toISOString();
  const operation = await made(`${base}/endpoints/${endpoints[0].id}/recover`, { since });
  const key = await made('/v1/keys', { kind: 'tenant', tenant: tenant.id, scopes: ['manage'], name: 'CRM' });
  const session = await made('/v1/sessions', { key: key.key });
  const portal = await made(`${base}/portal-sessions`, {});
  const visitor = await stage.dashboard();
  const { page } = visitor;
  await page.getByRole('heading', { level: 1 }).waitFor();
  const own = `/dashboard/tenants/${tenant.id}`;
  // Each is somewhere else than the one before it, so that being there means having been led there.
  for (const [pasted, address] of [
    [endpoints[0].id, `${own}/endpoints/${endpoints[0].id}`],
    [event.id, `${own}/events/${event.id}`],
    [event.deliveries[0].id, `${own}/deliveries/${event.deliveries[0].id}`],
    ['acme-42', `${own}/`],
    [receiver.url, `${own}/endpoints/${endpoints[0].id}`],
    [tenant.id, `${own}/`],
    ['own.type', `${own}/event-types/own.type`],
    ['a.b', `${own}/deliveries?event_type=a.b`],
    [operation.id, `${own}/activity?object_id=${operation.id}`],
    [key.id, `${own}/settings`],
    ['a.b', `${own}/deliveries?event_type=a.b`],
    [session.id, `${own}/settings`],
    ['acme-42', `${own}/`],
    [portal.id, `${own}/settings`],
  ] as const) {
    await paste(page, pasted);
    await page
      .waitForURL((url) => url.pathname + url.search === address)
      .catch((error) => {
        throw new Error(`${pasted} led to ${page.url()}: ${error.message}`);
      });
    // What was pasted stands there. The pages of a tenant name it by its name.
    if (/^(?!ten_)[a-z]+_\w{26}$/.test(pasted))
      await page.getByRole('main').getByText(pasted).first().waitFor();
  }
  await receiver.close();
}, 120_000);

/** Pastes a text into the command palette, and opens what is found first. */
async function paste(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Command palette' });
  await dialog.getByLabel('Search').waitFor();
  await page.keyboard.insertText(text);
  await dialog.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
}

test('whoever sees one tenant finds its sessions by the palette, and a customer in the portal none', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' });
  const { body: key } = await stage.tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['manage'],
  });
  const { body: link } = await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/portal-sessions`, {});
  const { page } = await stage.dashboard('/', { key: key.key });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await paste(page, link.id);
  await page.waitForURL(/\/dashboard\/settings$/);
  await page.getByRole('main').getByText(link.id).waitFor();

  const portal = await stage.portal(tenant.id);
  await portal.page.getByRole('heading', { level: 1 }).waitFor();
  await portal.page.keyboard.press('Control+k');
  await portal.page.getByRole('dialog').getByLabel('Search').fill(link.id);
  await portal.page.getByText(`Nothing found for “${link.id}”`).waitFor();
});

test('of a session that has ended, the activity tells', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' });
  const path = `/v1/tenants/${tenant.id}/portal-sessions`;
  const { id } = (await stage.tidings.call('POST', path, {})).body;
  await stage.tidings.call('DELETE', `${path}/${id}`);
  const { page } = await stage.dashboard(`/tenants/${tenant.id}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await paste(page, id);
  await page.waitForURL((url) => url.pathname + url.search === `/dashboard/activity?object_id=${id}`);
  await page.getByText('Portal link made').waitFor();
  await page.getByText('Portal session ended').waitFor();
});
