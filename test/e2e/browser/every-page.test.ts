/**
 * Every page, on a desk and on a phone, light and dark: nothing serious for axe, nothing wider than the window, no table or word
 * cut off, no error on the console.
 * `npm run screenshots` keeps a picture of each in the folder that TEST_SCREENSHOTS names.
 */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { picture, problemsOf, type School, schoolPortal, startSchool } from './tour.ts';
import { setStage, settled, type Visitor } from './visitor.ts';

const WINDOWS: [string, BrowserContextOptions][] = (['light', 'dark'] as const).flatMap((colorScheme) => [
  [`desk-${colorScheme}`, { colorScheme, viewport: { width: 1440, height: 900 } }],
  [`phone-${colorScheme}`, { colorScheme, viewport: { width: 390, height: 844 }, hasTouch: true }],
]);

const stage = setStage();
let school: School;
beforeAll(async () => {
  school = await startSchool(stage.tidings);
}, 300_000);
afterAll(() => school?.close());

test.each(WINDOWS)(
  'every page of the dashboard: %s',
  async (name, options) => {
    const { page, context, faults } = await stage.dashboard('/', options);
    const found: Record<string, string[]> = {};
    for (const [place, path] of Object.entries(school.dashboard)) {
      await page.goto(`${stage.tidings.url}/dashboard${path}`);
      await settled(page);
      const problems = [...(await problemsOf(page)), ...faults.splice(0)];
      if (problems.length > 0) found[place] = problems;
      await picture(page, `${place}-${name}`);
    }
    await context.close();
    expect(found).toEqual({});
  },
  300_000,
);

test.each(WINDOWS)(
  'every page of the portal: %s',
  async (name, options) => {
    const { page, context, faults } = await schoolPortal(stage, school, options);
    await settled(page);
    const found: Record<string, string[]> = {};
    // Details are the dashboard's own: once in each theme is enough.
    const more = name === 'desk-light' || name === 'phone-dark' ? school.portalDetails : {};
    for (const [place, path] of Object.entries({ ...school.portal, ...more })) {
      await page.goto(`${stage.tidings.url}/portal${path}`);
      await settled(page);
      const problems = [...(await problemsOf(page)), ...faults.splice(0)];
      if (problems.length > 0) found[place] = problems;
      await picture(page, `portal-${place}-${name}`);
    }
    await context.close();
    expect(found).toEqual({});
  },
  300_000,
);

test.each(['de', 'es', 'pt-BR', 'ar'])(
  'on a phone in %s: nothing is cut off, and the direction is that of the script',
  async (locale) => {
    const viewport = { width: 360, height: 780 };
    const { page, context, faults } = await stage.dashboard('/', { locale, viewport });
    const found: Record<string, string[]> = {};
    for (const place of ['overview', 'new-endpoint', 'endpoint', 'failed-delivery', 'settings']) {
      await page.goto(`${stage.tidings.url}/dashboard${school.dashboard[place]}`);
      await settled(page);
      const problems = [...(await problemsOf(page)), ...faults.splice(0)];
      if (problems.length > 0) found[place] = problems;
      await picture(page, `${place}-${locale}`);
    }
    const { lang, dir } = (await page.evaluate(
      '({ lang: document.documentElement.lang, dir: document.documentElement.dir })',
    )) as { lang: string; dir: string };
    await context.close();
    expect({ lang, dir }).toEqual({ lang: locale, dir: locale === 'ar' ? 'rtl' : 'ltr' });
    expect(found).toEqual({});
  },
  120_000,
);

test('the sign-in page: light and dark', async () => {
  for (const [name, options] of WINDOWS) {
    const { page, context } = await stage.window(options);
    await page.goto(`${stage.tidings.url}/dashboard/`);
    await settled(page);
    expect([name, await problemsOf(page)]).toEqual([name, []]);
    await picture(page, `sign-in-${name}`);
    await context.close();
  }
}, 120_000);

/** What is no page of its own, or is one of few: how to get there, in a window that shows nothing yet. */
const MORE: [place: string, open: (options: BrowserContextOptions) => Promise<Visitor>][] = [
  [
    'dialog',
    (options) =>
      opened(school.dashboard.endpoint ?? '', options, async (page) => {
        await page.getByRole('button', { name: 'Disable', exact: true }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).waitFor();
      }),
  ],
  [
    'palette',
    (options) =>
      opened(school.dashboard.overview ?? '', options, async (page) => {
        await page.keyboard.press('Control+k');
        await page.getByRole('dialog').getByLabel('Search').fill('Hillside');
        await page.getByRole('dialog').getByRole('option').first().waitFor();
      }),
  ],
  [
    'shortcuts',
    (options) =>
      opened(school.dashboard.overview ?? '', options, async (page) => {
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      }),
  ],
  ...['', 'endpoints', 'events', 'deliveries'].map((place): (typeof MORE)[number] => [
    `empty-${place || 'overview'}`,
    (options) => opened(`/tenants/${school.emptyId}/${place}`, options),
  ]),
  [
    'portal-no-link',
    async (options) => {
      const visitor = await stage.window(options);
      await visitor.page.goto(`${stage.tidings.url}/portal/`);
      await visitor.page.getByText('Open the portal from your product').waitFor();
      return visitor;
    },
  ],
  [
    'portal-used-link',
    async (options) => {
      const visitor = await stage.window(options);
      await visitor.page.goto(`${stage.tidings.url}/portal/#code=tidings_link_used`);
      await visitor.page.getByText('This link cannot be used any more').waitFor();
      return visitor;
    },
  ],
];

/** Opens a page of the dashboard, and does something there. */
async function opened(
  path: string,
  options: BrowserContextOptions,
  act?: (page: Page) => Promise<unknown>,
): Promise<Visitor> {
  const visitor = await stage.dashboard(path, options);
  await settled(visitor.page);
  await act?.(visitor.page);
  return visitor;
}

// The other two have the same colours and the same widths: once for each is enough.
test.each(WINDOWS.filter(([name]) => name === 'desk-light' || name === 'phone-dark'))(
  'dialogs, the palette, empty states and refusals: %s',
  async (name, options) => {
    const found: Record<string, string[]> = {};
    for (const [place, open] of MORE) {
      const { page, context, faults } = await open(options);
      const problems = [...(await problemsOf(page)), ...faults.splice(0)];
      if (problems.length > 0) found[place] = problems;
      await picture(page, `${place}-${name}`);
      await context.close();
    }
    expect(found).toEqual({});
  },
  240_000,
);
