/** Stories of a tab that was open while Tidings was upgraded: the parts that it would load next are gone. */
import type { Page } from 'playwright-core';
import { setStage, tenantWith, type Visitor } from './visitor.ts';

let tenant: string;
const stage = setStage();
beforeAll(async () => {
  tenant = (await tenantWith(stage.tidings, { name: 'Acme' })).tenant.id;
});

/** Opens a page of the tenant's, marks the document, and takes the scripts that it has not loaded yet away. */
async function openOld(isBack: () => boolean): Promise<Visitor> {
  const visitor = await stage.dashboard(`/tenants/${tenant}/event-types`);
  const { page } = visitor;
  await page.getByRole('heading', { name: 'Event types', level: 1 }).waitFor();
  await page.evaluate('window.isOld = true');
  await page.route(/\/assets\/.*\.js$/, (route) =>
    isBack() ? route.continue() : route.fulfill({ status: 404 }),
  );
  return visitor;
}

const isOld = (page: Page) => page.evaluate('window.isOld === true');

test('a part of the old version is gone: the page is loaded anew by itself, at the place that was wanted', async () => {
  let isReloaded = false;
  const { page } = await openOld(() => isReloaded);
  page.on('request', (request) => {
    if (request.isNavigationRequest()) isReloaded = true;
  });
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  expect(await isOld(page)).toBe(false);
  expect(new URL(page.url()).pathname).toBe(`/dashboard/tenants/${tenant}/settings`);
});

test('a part that is missing after that, too: it says so, offers to load again, and does not go round in circles', async () => {
  const { page, faults } = await openOld(() => false);
  let navigations = 0;
  await page.evaluate(`sessionStorage.setItem('tidings-reloaded-at', String(Date.now()))`);
  page.on('request', (request) => {
    if (request.isNavigationRequest()) navigations += 1;
  });
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('button', { name: 'Load again' }).waitFor();
  expect(await isOld(page)).toBe(true);
  expect(navigations).toBe(0);
  // React says on the console what the page says in words. There is no other fault.
  expect(faults.splice(0)).toEqual([
    expect.stringMatching(
      /^console: TypeError: Failed to fetch dynamically imported module: .*\/assets\/settings-/,
    ),
  ]);
});
