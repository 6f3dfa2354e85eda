/** Stories of a tenant's customer in the portal: what its link opens, what it does not, and the portal inside another product's page. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../../helpers/eventually.ts';
import { startReceiver } from '../../helpers/receiver.ts';
import { setStage, tenantWith, type Visitor } from './visitor.ts';

let host: Server;
/** of the other product: another origin, and another site than the service's 127.0.0.1 */
let hostUrl: string;

const HOST_PAGE = (script: string) => `<!doctype html><title>Product</title><h1>Product</h1>
<script src="${stage.tidings.url}/portal/embed.js"></script>
<tidings-portal></tidings-portal><script>${script}</script>`;
let page: () => string = () => '';
let nextLink: () => Promise<string> = async () => '';

const stage = setStage(async () => {
  host = createServer(async (request, response) => {
    if (request.url === '/link') response.end(await nextLink());
    else response.setHeader('content-type', 'text/html').end(page());
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  hostUrl = `http://localhost:${(host.address() as AddressInfo).port}`;
  return {
    env: { TIDINGS_PORTAL_FRAME_ANCESTORS: hostUrl },
    chromium: ['--test-third-party-cookie-phaseout'],
  };
});
afterAll(async () => {
  host?.close();
});

const link = async (tenant: string, session: object = {}) =>
  (await stage.tidings.call('POST', `/v1/tenants/${tenant}/portal-sessions`, session)).body.url as string;

test('a link opens the pages of its tenant alone, once', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Hillside School' }, [
    { url: receiver.url },
  ]);
  const other = await tenantWith(stage.tidings, { name: 'Riverside School' }, [
    { url: `${receiver.url}/riverside` },
  ]);
  const url = await link(tenant.id);
  const visitor = await stage.window();
  await visitor.page.goto(url);
  await visitor.page.getByRole('link', { name: 'Endpoints', exact: true }).click();
  await visitor.page.getByText(endpoints[0].id).first().waitFor();
  expect(visitor.page.url()).not.toContain('code');
  // A reload finds the session in the tab.
  await visitor.page.reload();
  await visitor.page.getByText(endpoints[0].id).first().waitFor();
  await visitor.page.goto(`${stage.tidings.url}/portal/endpoints/${other.endpoints[0].id}`);
  await visitor.page.getByRole('alert').waitFor();
  expect(await visitor.page.getByText('riverside').count()).toBe(0);

  const second = await stage.window();
  await second.page.goto(url);
  await second.page.getByRole('alert').getByText('This link cannot be used any more').waitFor();
  expect(second.faults).toEqual([]);
  await second.context.close();
});

test('without a link the portal says where to get one', async () => {
  const visitor = await stage.window();
  await visitor.page.goto(`${stage.tidings.url}/portal/`);
  await visitor.page.getByText('Open the portal from your product').waitFor();
});

test.each([
  [
    'ended',
    async (tenant: string, id: string) => {
      await stage.tidings.call('DELETE', `/v1/tenants/${tenant}/portal-sessions/${id}`);
    },
  ],
  ['expired', async (_tenant: string, id: string) => expire(id)],
])(
  'a link whose session has %s before it was opened says so and what to do, and shows nothing of the tenant',
  async (_what, end) => {
    const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
    const { body } = await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/portal-sessions`, {});
    await end(tenant.id, body.id);
    const { page } = await stage.window();
    await page.goto(body.url);
    const alert = page.getByRole('alert');
    await alert.getByText('This link cannot be used any more').waitFor();
    await alert.getByText('Go back to where you got it').waitFor();
    expect(await page.getByRole('link', { name: 'Endpoints', exact: true }).count()).toBe(0);
    expect(await page.content()).not.toContain('Hillside');
    // The code is gone from the address, and no bearer is in the tab.
    await page.reload();
    await page.getByText('Open the portal from your product').waitFor();
  },
);

test('a session that expires while its pages are open says so over them, and after a reload too', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
  const { page } = await stage.portal(tenant.id);
  await page.getByRole('link', { name: 'Endpoints', exact: true }).waitFor();
  const { body } = await stage.tidings.call('GET', `/v1/tenants/${tenant.id}/portal-sessions`);
  for (const { id } of body.items) await expire(id);
  await page.getByRole('link', { name: 'Endpoints', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'This session has ended' });
  await dialog.getByText('Open the portal again from where you got its link').waitFor();
  await page.reload();
  await page.getByRole('alert').getByText('This link cannot be used any more').waitFor();
});

/** Lets the time of a portal session be over. */
async function expire(id: string): Promise<void> {
  const { rowCount } = await stage.tidings.database.db.query(
    `update portal_sessions set expires_at = now() - interval '1 second' where id = $1`,
    [id],
  );
  expect(rowCount).toBe(1);
}

/** A tenant with an endpoint that works, one that is disabled, and one that fails and is tried again in an hour. */
async function startSchool() {
  const [good, bad] = await Promise.all([startReceiver(), startReceiver(500)]);
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Hillside' }, [
    { url: good.url },
    { url: good.url, enabled: false },
    { url: bad.url, retry_schedule: [3600] },
  ]);
  const [on, off, failing] = endpoints.map(({ id }) => id);
  const { body } = await stage.tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: {},
  });
  const to = (endpoint: string) => body.deliveries.find((each: any) => each.endpoint_id === endpoint).id;
  await stage.tidings.settled(to(on));
  await stage.tidings.settled(to(failing), ['retrying']);
  return {
    tenant: tenant.id as string,
    places: { ':on': on, ':off': off, ':ended': to(on), ':waiting': to(failing) } as Record<string, string>,
    close: () => Promise.all([good.close(), bad.close()]),
  };
}
let school: ReturnType<typeof startSchool> | undefined;
afterAll(async () => {
  await (await school)?.close();
});

/** @param shown what the page shows to everybody, as its text or as the place of its id */
test.each<[capability: string, path: string, name: string, shown: string]>([
  ['endpoints', '/endpoints', 'Create endpoint', ':on'],
  ['endpoints', '/endpoints/:on', 'Disable', ':on'],
  ['endpoints', '/endpoints/:on', 'Delete', ':on'],
  ['endpoints', '/endpoints/:off', 'Enable', ':off'],
  ['endpoints', '/', 'Activity', 'Success rate'],
  ['endpoints', '/', 'Settings', 'Success rate'],
  ['secrets', '/endpoints/:on/settings', 'Reveal secret', ':on'],
  ['secrets', '/endpoints/:on', 'Rotate secret', ':on'],
  ['secrets', '/deliveries/:ended', 'Copy as curl with secrets', ':ended'],
  ['send_test', '/endpoints/:on', 'Send test event', ':on'],
  ['replay', '/endpoints/:on', 'Recover', ':on'],
  ['replay', '/endpoints/:on', 'Replay', ':on'],
  ['retry', '/deliveries/:ended', 'Retry now', ':ended'],
  ['retry', '/deliveries/:waiting', 'Cancel delivery', ':waiting'],
  ['retry', '/deliveries', 'Select all that match', ':ended'],
])('with the capability %s, %s has "%s"; without it, it is hidden', async (capability, path, name, shown) => {
  school ??= startSchool();
  const { tenant, places } = await school;
  const at = path.replace(/:\w+/, (place) => places[place] ?? place);
  const action = (v: Visitor) =>
    (['button', 'link', 'checkbox'] as const)
      .map((role) => v.page.getByRole(role, { name, exact: true }))
      .reduce((either, each) => either.or(each))
      .first();
  const open = async (capabilities: string[]) => {
    const opened = await stage.portal(tenant, { capabilities });
    await opened.page.getByRole('link', { name: 'Overview', exact: true }).waitFor();
    await opened.page.goto(`${stage.tidings.url}/portal${at}`);
    await opened.page.getByRole('heading', { level: 1 }).waitFor();
    return opened;
  };
  await action(await open(['view', capability])).waitFor();
  const others = ['endpoints', 'secrets', 'send_test', 'retry', 'replay'].filter(
    (each) => each !== capability,
  );
  const without = await open(['view', ...others]);
  await without.page
    .getByRole('main')
    .getByText(places[shown] ?? shown)
    .first()
    .waitFor();
  await eventually(
    () => without.page.locator('[aria-busy=true]').count(),
    (count) => count === 0,
  );
  expect(await action(without).count()).toBe(0);
});

test('a session that is ended says so over the page, and where to go', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
  const visitor = await stage.portal(tenant.id, {
    return_url: 'https://product.example.com/settings',
  });
  await visitor.page.getByRole('link', { name: 'Endpoints', exact: true }).click();
  const { body } = await stage.tidings.call('GET', `/v1/tenants/${tenant.id}/portal-sessions`);
  for (const { id } of body.items)
    await stage.tidings.call('DELETE', `/v1/tenants/${tenant.id}/portal-sessions/${id}`);
  const dialog = visitor.page.getByRole('dialog', { name: 'This session has ended' });
  await dialog.waitFor();
  expect(await dialog.getByRole('link').getAttribute('href')).toBe('https://product.example.com/settings');
});

test('the theme: a name, an accent that is corrected until it can be read, dark, and no navigation', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
  const visitor = await stage.portal(tenant.id, {
    theme: { name: 'Reading Steps', accent: '#ffff00', mode: 'light' },
  });
  const { page } = visitor;
  await page.getByText('Reading Steps').first().waitFor();
  const colour = await page.getByRole('link', { name: 'Overview', exact: true }).evaluate((node) => {
    const canvas = node.ownerDocument.createElement('canvas').getContext('2d');
    if (canvas === null) return [];
    canvas.fillStyle = node.ownerDocument.defaultView?.getComputedStyle(node).color ?? '';
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  });
  // Yellow on white cannot be read: the nearest that can be is far darker.
  expect(Math.max(...colour.slice(0, 3))).toBeLessThan(150);
  const bare = await stage.portal(tenant.id, { theme: { navigation: false, mode: 'dark' } });
  await bare.page.getByRole('heading', { level: 1 }).waitFor();
  expect(await bare.page.getByRole('navigation', { name: 'Main' }).count()).toBe(0);
  expect(await bare.page.evaluate('document.documentElement.dataset.mode')).toBe('dark');
  await bare.context.close();
});

test("inside another product's page: without cookies, as tall as its content, with a new session when one has ended", async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
  let links = 0;
  nextLink = () => {
    links += 1;
    return link(tenant.id);
  };
  page = () =>
    HOST_PAGE(
      `document.querySelector('tidings-portal').session = async () => (await fetch('/link')).text();`,
    );
  const visitor = await stage.window({ origins: [hostUrl] });
  await visitor.page.goto(hostUrl);
  const portal = visitor.page.frameLocator('iframe');
  await portal.getByRole('link', { name: 'Endpoints', exact: true }).click();
  await portal.getByText('No endpoint yet').waitFor();
  expect(await visitor.context.cookies()).toEqual([]);
  const { body } = await stage.tidings.call('GET', `/v1/tenants/${tenant.id}/portal-sessions`);
  for (const { id } of body.items)
    await stage.tidings.call('DELETE', `/v1/tenants/${tenant.id}/portal-sessions/${id}`);
  await portal.getByRole('link', { name: 'Event types', exact: true }).click();
  await eventually(
    () => links,
    (count) => count === 2,
  );
  await portal.getByRole('dialog').waitFor({ state: 'detached' });
  await portal.getByRole('link', { name: 'Endpoints', exact: true }).click();
  await portal.getByText('No endpoint yet').waitFor();
});

test('a page that may not frame the portal gets nothing of it', async () => {
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' });
  const url = await link(tenant.id);
  page = () => `<!doctype html><iframe src="${url}"></iframe>`;
  const visitor = await stage.window({
    origins: [hostUrl.replace('localhost', '127.0.0.1'), hostUrl],
  });
  await visitor.page.goto(hostUrl.replace('localhost', '127.0.0.1'));
  await eventually(
    () => visitor.faults.join(),
    (text) => text.includes('frame-ancestors'),
  );
  expect(await visitor.page.frameLocator('iframe').getByRole('link').count()).toBe(0);
  visitor.faults.length = 0;
});
