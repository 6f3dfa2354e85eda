/** A school for every page to show, whose endpoints work, fail and are blocked; and ways to look at a page. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { startReceiver } from '../../helpers/receiver.ts';
import type { TestService } from '../../helpers/service.ts';
import { type Stage, seriousFindings, tenantWith } from './visitor.ts';

const PICTURES = process.env.TEST_SCREENSHOTS;
const EVENTS = 24;

export type School = {
  tenantId: string;
  /** of a tenant that has nothing */
  emptyId: string;
  /** addresses of pages of the dashboard, by their names */
  dashboard: Record<string, string>;
  /** pages that the portal's navigation leads to */
  portal: Record<string, string>;
  /** pages of single things in the portal */
  portalDetails: Record<string, string>;
  close(): Promise<unknown>;
};

// Long because it makes all that the pages show, step by step.
export async function startSchool(tidings: TestService): Promise<School> {
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
  const school = await tenantWith(
    tidings,
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
  const tenantId = school.tenant.id;
  const empty = (await tenantWith(tidings, { name: 'Riverside Academy', profile: 'lessonly' })).tenant;
  await tenantWith(tidings, { name: 'Acme', external_id: 'acme' }, [{ url: good.url }]);
  const [, library, blocked] = school.endpoints;
  const base = `/v1/tenants/${tenantId}`;
  const { body: types } = await tidings.call('GET', `${base}/event-types`);
  let last: any;
  for (let i = 0; i < EVENTS; i += 1) {
    const { name: type, example: data } = types.items[i % types.items.length];
    last = (await tidings.call('POST', `${base}/events`, { type, data })).body;
  }
  const to = (endpoint: any) => last.deliveries.find((each: any) => each.endpoint_id === endpoint.id).id;
  await tidings.settled(to(blocked));
  await tidings.settled(to(library), ['retrying', 'failed']);
  await tidings.call('PATCH', `${base}/endpoints/${blocked.id}`, { enabled: false });
  await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenantId,
    scopes: ['read'],
    name: 'Support',
  });
  await tidings.call('POST', `${base}/portal-sessions`, {});
  await tidings.call('POST', `${base}/event-types`, {
    name: 'timetable.changed',
    description: 'A timetable was changed.',
    example: { week: 7 },
  });
  const own = `/tenants/${tenantId}`;
  const dashboard: Record<string, string> = {
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
    'edit-event-type': `${own}/event-types/timetable.changed/edit`,
    activity: `${own}/activity`,
    settings: `${own}/settings`,
    'not-found': '/no-such-page',
  };
  const details = ['endpoint', 'new-endpoint', 'event', 'failed-delivery', 'event-type'];
  return {
    tenantId,
    emptyId: empty.id as string,
    dashboard,
    portal: Object.fromEntries(
      ['', 'endpoints', 'events', 'deliveries', 'event-types', 'activity', 'settings'].map((place) => [
        place || 'overview',
        `/${place}`,
      ]),
    ),
    portalDetails: Object.fromEntries(
      details.map((place) => [place, dashboard[place]?.slice(own.length) ?? '']),
    ),
    close: () => Promise.all([good, bad, page].map((each) => each.close())),
  };
}

/** The portal of the school, in the colours of its product. */
export const schoolPortal = (stage: Stage, { tenantId }: School, options: BrowserContextOptions) =>
  stage.portal(tenantId, { theme: { name: 'Reading Steps', accent: '#c2410c', mode: 'auto' } }, options);

/** Whether the page is wider than its window, in words. */
export async function tooWide(page: Page): Promise<string[]> {
  const wide = (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number;
  return wide > 0 ? [`${wide} px wider than the window`] : [];
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
export async function problemsOf(page: Page): Promise<string[]> {
  const broken = (await page.evaluate(BROKEN_WORDS)) as string[];
  const cut = (await page.evaluate(CUT_TABLES)) as string[];
  return [
    ...(await seriousFindings(page)),
    ...(await tooWide(page)),
    ...broken.map((word) => `broken over lines: ${word}`),
    ...cut.map((label) => `a table wider than its frame: ${label}`),
  ];
}

/** Keeps a picture of the page where the environment asks for it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  // As people see it first: the picture of the README, docs/images/dashboard.png.
  if (name === 'failed-delivery-desk-light') await page.screenshot({ path: join(PICTURES, 'dashboard.png') });
}
