/** Every page in a narrow window, on a small phone and enlarged: nothing is wider than the window, and what people come for can be pressed. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { picture, type School, schoolPortal, startSchool, tooWide } from './tour.ts';
import { setStage, settled, type Visitor } from './visitor.ts';

/** The narrowest phone; and a window of 1280 × 900 at 200 %, where a page has half as many of its own pixels. */
const NARROW: [string, BrowserContextOptions][] = [
  ['at 320 px', { viewport: { width: 320, height: 568 }, hasTouch: true }],
  ['at 200 %', { viewport: { width: 640, height: 450 } }],
];

const stage = setStage();
let school: School;
beforeAll(async () => {
  school = await startSchool(stage.tidings);
}, 300_000);
afterAll(() => school?.close());

/** What people come to a page for, as its role and name; of those that are only read, what leads on. */
const MAIN_ACTIONS: Record<string, ['button' | 'link' | 'checkbox', string]> = {
  tenants: ['button', 'Create tenant'],
  'new-tenant': ['button', 'Create tenant'],
  endpoints: ['button', 'Create endpoint'],
  'new-endpoint': ['button', 'Save and test'],
  endpoint: ['button', 'Send test event'],
  'endpoint-health': ['button', 'Send test event'],
  'endpoint-settings': ['button', 'Reveal secret'],
  'endpoint-verify': ['button', 'Send test event'],
  events: ['button', 'Send an event'],
  'send-event': ['button', 'Send'],
  deliveries: ['checkbox', 'Select all that match'],
  'failed-delivery': ['button', 'Enable the endpoint'],
  'retrying-delivery': ['button', 'Retry now'],
  'event-types': ['button', 'Create event type'],
  'new-event-type': ['button', 'Create event type'],
  'edit-event-type': ['button', 'Save'],
  settings: ['button', 'Create key'],
  'operator-settings': ['button', 'Create key'],
};

/** Pages whose main action the portal does not offer. */
const NOT_FOR_CUSTOMERS = ['events', 'event-types', 'settings'];

/** What keeps people from the page's main action, in words: nothing may cover it or lie outside. */
async function unreachable(page: Page, place: string, base: string): Promise<string[]> {
  const action = MAIN_ACTIONS[place];
  if (action === undefined || (base === '/portal' && NOT_FOR_CUSTOMERS.includes(place))) return [];
  const [role, name] = action;
  const found = page.getByRole('main').getByRole(role, { name, exact: true }).first();
  return found.click({ trial: true, timeout: 10_000 }).then(
    () => [],
    (error: Error) => [`${name}: ${error.message.slice(0, 500)}`],
  );
}

test.each(NARROW)(
  '%s: no page is wider than the window, and its main action can be pressed',
  async (name, options) => {
    const found: Record<string, string[]> = {};
    const walk = async ({ page, context, faults }: Visitor, base: string, places: Record<string, string>) => {
      for (const [place, path] of Object.entries(places)) {
        await page.goto(`${stage.tidings.url}${base}${path}`);
        await settled(page);
        const problems = [
          ...(await tooWide(page)),
          ...(await unreachable(page, place, base)),
          ...faults.splice(0),
        ];
        if (problems.length > 0) found[`${base}: ${place}`] = problems;
        if (base === '/dashboard') await picture(page, `${place}-${name.replace(/\W+/g, '-')}`);
      }
      await context.close();
    };
    await walk(await stage.dashboard('/', options), '/dashboard', school.dashboard);
    const portal = await schoolPortal(stage, school, options);
    await settled(portal.page);
    await walk(portal, '/portal', { ...school.portal, ...school.portalDetails });
    expect(found).toEqual({});
  },
  300_000,
);
