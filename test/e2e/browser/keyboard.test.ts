/** The story of somebody without a mouse: from signing in to Retry now, with the focus never lost. */
import type { Page } from 'playwright-core';
import { eventually } from '../../helpers/eventually.ts';
import { startReceiver } from '../../helpers/receiver.ts';
import { ADMIN_KEY } from '../../helpers/service.ts';
import { endedDelivery, setStage, tenantWith } from './visitor.ts';

const MOST_TABS = 80;

const stage = setStage();

/** What has the focus, in words: its role and its name. */
const focused = (page: Page) =>
  page.evaluate(
    `(({ tagName, ariaLabel, textContent, type }) => [tagName === 'A' ? 'link' : type === 'checkbox' ? type : tagName.toLowerCase(), (ariaLabel || textContent).trim()].join(' '))(document.activeElement)`,
  ) as Promise<string>;

/** Tabs on until something with such a name has the focus. */
async function tabTo(page: Page, name: RegExp, most = MOST_TABS): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < most; i += 1) {
    await page.keyboard.press('Tab');
    passed.push(await focused(page));
    if (name.test(passed.at(-1) ?? '')) return;
  }
  throw new Error(`${most} tabs, and nothing is ${name}: ${passed.join(' | ')}`);
}

/** Whether the eye finds what has the focus: it is in view, and an outline or a shadow is drawn around it. */
const isFocusSeen = (page: Page) =>
  page.evaluate(`(() => {
    const isDrawn = ({ outlineStyle, outlineWidth, boxShadow }) =>
      (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    const { top, bottom } = document.activeElement.getBoundingClientRect();
    const isInView = bottom > 0 && top < innerHeight;
    // Around a row, it is drawn by what its link spreads over the row.
    return isInView && [null, '::after'].some((part) => isDrawn(getComputedStyle(document.activeElement, part)));
  })()`);

test('with the keyboard alone: sign in, find the tenant, its failed delivery and why it failed, press Retry now', async () => {
  const receiver = await startReceiver(500);
  const { tenant } = await tenantWith(stage.tidings, { name: 'Hillside School' }, [
    { url: receiver.url, retry_schedule: [] },
  ]);
  const id = await endedDelivery(stage.tidings, tenant);
  receiver.answer(200);
  const { page } = await stage.window();
  await page.goto(`${stage.tidings.url}/dashboard/`);
  await page.getByLabel('API key').waitFor();
  await page.keyboard.insertText(ADMIN_KEY);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Tenants', exact: true }).waitFor();

  await tabTo(page, /^link Skip to the content/);
  await tabTo(page, /^link Tenants$/);
  expect(await isFocusSeen(page)).toBe(true);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Hillside School' }).waitFor();
  await tabTo(page, /^link Hillside School/);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname.endsWith(tenant.id));
  await page.getByRole('link', { name: 'Deliveries', exact: true }).first().waitFor();
  await tabTo(page, /^link Deliveries$/);
  await page.keyboard.press('Enter');
  await page.locator(`a[href*="${id}"]`).first().waitFor();
  await page.keyboard.press('j');
  expect(await focused(page)).toContain(id);
  expect(await isFocusSeen(page)).toBe(true);
  await page.keyboard.press('Enter');
  const happened = page.getByRole('region', { name: 'What happened' });
  await happened.getByText('500').first().waitFor();
  await tabTo(page, /^button Retry now$/);
  expect(await isFocusSeen(page)).toBe(true);
  await page.keyboard.press('Enter');
  await happened
    .getByText(/accepted/)
    .first()
    .waitFor();
  await receiver.until(2);
  // The button is not offered while the attempt is made. The focus stays where it was, and goes on from there.
  expect(await focused(page)).not.toMatch(/^body/);
  await tabTo(page, /^button (Retry now|Copy as curl)/, 3);
  await receiver.close();
}, 120_000);

test('a dialog holds the focus, Escape closes it, and the focus goes back to what opened it', async () => {
  const receiver = await startReceiver();
  const { tenant, endpoints } = await tenantWith(stage.tidings, { name: 'Acme' }, [{ url: receiver.url }]);
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/endpoints/${endpoints[0].id}`);
  await page.getByRole('button', { name: 'Disable', exact: true }).waitFor();
  await tabTo(page, /^button Disable$/);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  for (let i = 0; i < 10; i += 1) {
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
      ),
    ).toBe(true);
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await focused(page)).toBe('button Disable');
  await receiver.close();
});

test('j and k go through the rows, / leads to the filters, r retries, ? lists the keys; none of them while somebody types', async () => {
  const receiver = await startReceiver(500);
  const { tenant } = await tenantWith(stage.tidings, { name: 'Acme' }, [
    { url: receiver.url, retry_schedule: [] },
  ]);
  const older = await endedDelivery(stage.tidings, tenant);
  const newer = await endedDelivery(stage.tidings, tenant);
  const { page } = await stage.dashboard(`/tenants/${tenant.id}/deliveries`);
  await page.locator(`a[href*="${older}"]`).first().waitFor();
  for (const [key, id] of [
    ['j', newer],
    ['j', older],
    ['j', older],
    ['k', newer],
    ['k', newer],
  ] as const) {
    await page.keyboard.press(key);
    expect(await focused(page)).toContain(id);
    expect(await isFocusSeen(page)).toBe(true);
  }
  await page.keyboard.press('/');
  const status = page.getByLabel('Status', { exact: true });
  await eventually(
    () => status.evaluate((field) => field === field.ownerDocument.activeElement),
    (isThere) => isThere,
  );

  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await page.locator(`a[href*="${older}"]`).first().focus();
  await page.keyboard.press('?');
  await help.getByText('Ctrl / ⌘ K').waitFor();
  for (const key of ['j', 'k', '/', 'r', '?'])
    await help.locator('kbd').getByText(key, { exact: true }).waitFor();
  // A dialog is open: the rows behind it stay as they are.
  await page.keyboard.press('j');
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  expect(await focused(page)).toContain(older);

  await page.keyboard.press('Enter');
  const happened = page.getByRole('region', { name: 'What happened' });
  await happened.getByText('500').first().waitFor();
  await page.getByRole('button', { name: 'Retry now', exact: true }).waitFor();
  const before = receiver.received.length;
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Command palette' });
  await palette.getByLabel('Search').waitFor();
  await page.keyboard.type('r?/jk');
  expect(await palette.getByLabel('Search').inputValue()).toBe('r?/jk');
  await page.keyboard.press('Escape');
  await palette.waitFor({ state: 'detached' });
  receiver.answer(200);
  await page.keyboard.press('r');
  await happened
    .getByText(/accepted/)
    .first()
    .waitFor();
  expect(receiver.received.length).toBe(before + 1);
  await receiver.close();
});

test('/ leads to the search of a list that has one, and what is typed there stays text', async () => {
  await tenantWith(stage.tidings, { name: 'Hillside School' });
  const { page } = await stage.dashboard('/tenants');
  await page.getByRole('link', { name: 'Hillside School' }).first().waitFor();
  await page.keyboard.press('/');
  const search = page.getByLabel('Search', { exact: true });
  await page.keyboard.type('j?k/r');
  expect(await search.inputValue()).toBe('j?k/r');
  expect(await page.getByRole('dialog').count()).toBe(0);
});
