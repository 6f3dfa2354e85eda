/** The pages that people open in a browser: the API's documentation, and a delivery in Temporal's Web UI. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startReceiver } from '../../helpers/receiver.ts';
import { setStage } from './visitor.ts';

const SCREENSHOTS = process.env.TEST_SCREENSHOTS;

const stage = setStage();

async function screenshot(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

test('the documentation lists what the API can do', async () => {
  const { page } = await stage.window();
  await page.goto(`${stage.tidings.url}/docs`);
  await page.getByText('Emit an event', { exact: true }).first().waitFor();
  await page.getByText('The delivery history of a webhook, newest first').waitFor();
  await screenshot(page, 'docs');
});

test("a delivery reads well in Temporal's Web UI", async () => {
  const receiver = await startReceiver(500, 200);
  const { body: tenant } = await stage.tidings.call('POST', '/v1/tenants', {
    name: 'Hillside',
    profile: 'reading-steps',
  });
  const { body: endpoint } = await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
    retry_schedule: [1],
  });
  const { body: types } = await stage.tidings.call('GET', `/v1/tenants/${tenant.id}/event-types`);
  const { name: type, example: data } = types.items[0];
  const { body: event } = await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type, data });
  const delivery = await stage.tidings.settled(event.deliveries[0].id);

  const ui = process.env.TEST_TEMPORAL_UI ?? '';
  const { page } = await stage.window({ origins: [new URL(ui).origin] });
  await page.goto(`${ui}/namespaces/default/workflows`);
  await page.getByText(event.id).first().waitFor();
  await screenshot(page, 'workflows');
  await page.goto(`${ui}${new URL(delivery.workflow.web_url).pathname}`);
  // The endpoint by its id: no erasure reaches a history, so it names no host.
  await page.getByText(`${type} → ${endpoint.id}`).first().waitFor();
  await page.getByText('manual retry').or(page.getByText('attempt of')).first().waitFor();
  await screenshot(page, 'history');
  await receiver.close();
});
