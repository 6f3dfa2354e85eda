/**
 * Every page, on a desk and on a phone, light and dark: nothing serious for axe, nothing wider than the window, no table or word
 * cut off, no error on the console.
 * `npm run screenshots` keeps a picture of each in the folder that TEST_SCREENSHOTS names.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { eventually } from '../../helpers/eventually.ts';
import { type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { seriousFindings, setStage, tenantWith } from './visitor.ts';

const PICTURES = process.env.TEST_SCREENSHOTS;
const EVENTS = 24;

const WINDOWS: [string, BrowserContextOptions][] = (['light', 'dark'] as const).flatMap((colorScheme) => [
  [`desk-${colorScheme}`, { colorScheme, viewport: { width: 1440, height: 900 } }],
  [`phone-${colorScheme}`, { colorScheme, viewport: { width: 390, height: 844 }, hasTouch: true }],
]);

const stage = setStage();
const receivers: Receiver[] = [];
const paths: Record<string, string> = {};
let tenantId: string;

// Long because it makes all that the pages show, step by step.
beforeAll(async () => {
  const [good, bad, page] = await Promise.all([
    startReceiver((response) => response.setHeader('content-type', 'application/json').end('{"ok":true}')),
    startReceiver((response) =>
      response
        .writeHead(503, { 'content-type': 'application/json' })
        .end('{"error":"maintenance","until":"tomorrow"}'),
    ),
    startReceiver((response) =>
      response.writeHead(403, { 'content-type': 'text/html' }).end('<html><title>Blocked</title></html>'),
    ),
  ]);
  receivers.push(good, bad, page);
  const school = await tenantWith(
    stage.tidings,
    {
      name: 'Hillside School',
      external_id: 'hillside',
      profile: 'reading-steps',
      contacts: ['it@hillside.example'],
    },
    [
      { url: good.url, description: 'Timetable' },
      { url: bad.url, description: 'Library', retry_schedule: [1, 3600] },
      { url: page.url, retry_schedule: [1] },
    ],
  );
  tenantId = school.tenant.id;
  await tenantWith(stage.tidings, { name: 'Riverside Academy', profile: 'lessonly' });
  await tenantWith(stage.tidings, { name: 'Acme', external_id: 'acme' }, [{ url: good.url }]);
  const [, library, blocked] = school.endpoints;
  const base = `/v1/tenants/${tenantId}`;
  const { body: types } = await stage.tidings.call('GET', `${base}/event-types`);
  let last: any;
  for (let i = 0; i < EVENTS; i += 1) {
    const { name: type, example: data } = types.items[i % types.items.length];
    last = (await stage.tidings.call('POST', `${base}/events`, { type, data })).body;
  }
  const to = (endpoint: any) => last.deliveries.find((each: any) => each.endpoint_id === endpoint.id).id;
  await stage.tidings.settled(to(blocked));
  await stage.tidings.settled(to(library), ['retrying', 'failed']);
  await stage.tidings.call('PATCH', `${base}/endpoints/${blocked.id}`, { enabled: false });
  await stage.tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenantId,
    scopes: ['read'],
    name: 'Support',
  });
  await stage.tidings.call('POST', `${base}/portal-sessions`, {});
  const own = `/tenants/${tenantId}`;
  Object.assign(paths, {
    'operator-overview': '/',
    tenants: '/tenants',
    'new-tenant': '/tenants/new',
    'all-deliveries': '/deliveries',
    'operator-activity': '/activity',
    'operator-settings': '/settings',
    overview: own,
    endpoints: `${own}/endpoints`,
    'new-endpoint': `${own}/endpoints/new`,
    endpoint: `${own}/endpoints/${library.id}`,
    'endpoint-health': `${own}/endpoints/${library.id}/health`,
    'endpoint-settings': `${own}/endpoints/${library.id}/settings`,
    'endpoint-verify': `${own}/endpoints/${library.id}/verify`,
    events: `${own}/events`,
    event: `${own}/events/${last.id}`,
    'send-event': `${own}/events/new`,
    deliveries: `${own}/deliveries`,
    'failed-delivery': `${own}/deliveries/${to(blocked)}`,
    'retrying-delivery': `${own}/deliveries/${to(library)}`,
    'event-types': `${own}/event-types`,
    'event-type': `${own}/event-types/${types.items[0].name}`,
    'new-event-type': `${own}/event-types/new`,
    activity: `${own}/activity`,
    settings: `${own}/settings`,
    'not-found': '/no-such-page',
  });
}, 300_000);
afterAll(async () => {
  await Promise.all(receivers.map((each) => each.close()));
});

/** Waits until the page has loaded what it shows. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await eventually(
    () => page.locator('[aria-busy=true]').count(),
    (count) => count === 0,
  );
}

/** Short words and ids of a table that stand on more than one line: nobody can read the ones, and copy the others. */
const BROKEN_WORDS = `(() => {
  const broken = [];
  for (const cell of document.querySelectorAll('td')) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      for (const { index, 0: word } of text.data.matchAll(/(?<![\\p{L}\\p{N}_])(?:\\p{L}{2,12}|[a-z]{2,3}_[0-9a-z]{26})(?![\\p{L}\\p{N}_])/gu)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) broken.push(word + ' of "' + text.data + '"');
      }
    }
  }
  return broken;
})()`;

/** Tables that are wider than their frame: their last columns are out of sight. */
const CUT_TABLES = `[...document.querySelectorAll('section:has(> table)')]
  .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  .map(({ ariaLabel }) => ariaLabel)`;

/** What is wrong with the page as it is, in words. */
async function problemsOf(page: Page): Promise<string[]> {
  const broken = (await page.evaluate(BROKEN_WORDS)) as string[];
  const cut = (await page.evaluate(CUT_TABLES)) as string[];
  const wide = (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number;
  return [
    ...(await seriousFindings(page)),
    ...(wide > 0 ? [`${wide} px wider than the window`] : []),
    ...broken.map((word) => `broken over lines: ${word}`),
    ...cut.map((label) => `a table wider than its frame: ${label}`),
  ];
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  // As people see it first: the picture of the README, docs/images/dashboard.png.
  if (name === 'failed-delivery-desk-light') await page.screenshot({ path: join(PICTURES, 'dashboard.png') });
}

test.each(WINDOWS)(
  'every page of the dashboard: %s',
  async (name, options) => {
    const { page, context, faults } = await stage.dashboard('/', options);
    const found: Record<string, string[]> = {};
    for (const [place, path] of Object.entries(paths)) {
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
    const { page, context, faults } = await stage.portal(
      tenantId,
      { theme: { name: 'Reading Steps', accent: '#c2410c', mode: 'auto' } },
      options,
    );
    await settled(page);
    const found: Record<string, string[]> = {};
    for (const place of ['', 'endpoints', 'events', 'deliveries', 'event-types', 'activity', 'settings']) {
      await page.goto(`${stage.tidings.url}/portal/${place}`);
      await settled(page);
      const problems = [...(await problemsOf(page)), ...faults.splice(0)];
      if (problems.length > 0) found[place] = problems;
      await picture(page, `portal-${place || 'overview'}-${name}`);
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
      await page.goto(`${stage.tidings.url}/dashboard${paths[place]}`);
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
    const context = await stage.browser.newContext(options);
    const page = await context.newPage();
    await page.goto(`${stage.tidings.url}/dashboard/`);
    await settled(page);
    expect([name, await problemsOf(page)]).toEqual([name, []]);
    await picture(page, `sign-in-${name}`);
    await context.close();
  }
}, 120_000);
