/** A person at the pages of a test service, in a browser that notes what no page may do. */
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { eventually } from '../../helpers/eventually.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../../helpers/service.ts';
import { launchChromium } from './chromium.ts';

export type Visitor = {
  page: Page;
  context: BrowserContext;
  /** script errors, errors on the console, and requests to other origins; must stay empty */
  faults: string[];
};

type WindowOptions = BrowserContextOptions & { origins?: string[] };
type DashboardOptions = WindowOptions & { key?: string };

/** A service and a browser for the stories of a file. */
export type Stage = {
  tidings: TestService;
  browser: Browser;
  /** a window with nothing in it */
  window(options?: WindowOptions): Promise<Visitor>;
  /** the dashboard, signed in. @param path under `/dashboard` */
  dashboard(path?: string, options?: DashboardOptions): Promise<Visitor>;
  /** the portal of a tenant, by a new link */
  portal(tenant: string, session?: object, options?: BrowserContextOptions): Promise<Visitor>;
};

/**
 * Sets the stage before the first story, and takes it down after the last. After each story, what the pages did that no page may do fails
 * it, and its windows are closed.
 * @param settings environment variables and more options of the service, and arguments of the browser
 */
export function setStage(
  settings: () => Promise<{
    env?: Record<string, string>;
    service?: Parameters<typeof startTestService>[1];
    chromium?: string[];
  }> = async () => ({}),
): Stage {
  const visitors: Visitor[] = [];
  const noted = async (opening: Promise<Visitor>) => {
    const visitor = await opening;
    visitors.push(visitor);
    return visitor;
  };
  const stage: Omit<Stage, 'tidings' | 'browser'> & Partial<Stage> = {
    window: (options) => noted(openWindow(browser(), tidings(), options)),
    dashboard: (path, options) => noted(openDashboard(browser(), tidings(), path, options)),
    portal: (tenant, session, options) => noted(openPortal(browser(), tidings(), tenant, session, options)),
  };
  const browser = () => stage.browser as Browser;
  const tidings = () => stage.tidings as TestService;
  beforeAll(async () => {
    const { env, service, chromium } = await settings();
    [stage.tidings, stage.browser] = await Promise.all([
      startTestService(env, service),
      launchChromium(chromium),
    ]);
  }, 300_000);
  afterEach(async () => {
    const opened = visitors.splice(0);
    await Promise.all(opened.map(({ context }) => context.close()));
    expect(opened.flatMap(({ faults }) => faults)).toEqual([]);
  });
  afterAll(async () => {
    await stage.browser?.close();
    await stage.tidings?.stop();
  });
  return stage as Stage;
}

/** Chromium itself says so on the console of each answer of 400 or more. A refusal is no fault of a page. */
const OF_CHROMIUM = /^Failed to load resource: /;

/** Opens a window. @param origins beside the service's own, from which its pages may come */
async function openWindow(
  browser: Browser,
  tidings: TestService,
  options: WindowOptions = {},
): Promise<Visitor> {
  const { origins = [], ...given } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...given });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`script error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !OF_CHROMIUM.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    const isOwn = origin === tidings.url || origins.includes(origin);
    if (!isOwn && protocol !== 'data:' && protocol !== 'blob:') faults.push(`a request to ${request.url()}`);
  });
  return { page, context, faults };
}

/** Opens the dashboard, signed in with a key. @param path under `/dashboard` */
export async function openDashboard(
  browser: Browser,
  tidings: TestService,
  path = '/',
  { key = ADMIN_KEY, ...options }: DashboardOptions = {},
): Promise<Visitor> {
  const visitor = await openWindow(browser, tidings, options);
  await visitor.context.request.post(`${tidings.url}/v1/sessions`, { data: { key } });
  await visitor.page.goto(`${tidings.url}/dashboard${path}`);
  return visitor;
}

/** Opens the portal of a tenant by a new link. */
async function openPortal(
  browser: Browser,
  tidings: TestService,
  tenant: string,
  session: object = {},
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/portal-sessions`, session);
  const visitor = await openWindow(browser, tidings, options);
  await visitor.page.goto(body.url);
  return visitor;
}

const AXE = readFileSync(require.resolve('axe-core'), 'utf8');

/** Findings of axe on the page as it is, the serious and the critical, in words. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // By the debugger's way, which the page's policy does not forbid.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    return violations
      .filter(({ impact }: any) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }: any) => `${id}: ${nodes.map((node: any) => node.html.slice(0, 200)).join(' | ')}`);
  });
}

/** Waits until the page has loaded what it shows. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await eventually(
    () => page.locator('[aria-busy=true]').count(),
    (count) => count === 0,
  );
}

/** Makes a tenant with endpoints. @throws Error that shows what was refused */
export async function tenantWith(tidings: TestService, tenant: object, endpoints: object[] = []) {
  const made = async (path: string, body: object) => {
    const answer = await tidings.call('POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.text}`);
    return answer.body;
  };
  const owner = await made('/v1/tenants', tenant);
  const answers = [];
  for (const endpoint of endpoints) answers.push(await made(`/v1/tenants/${owner.id}/endpoints`, endpoint));
  return { tenant: owner, endpoints: answers };
}

/** Emits an event of a tenant with one endpoint. @returns the id of its delivery, which has ended */
export async function endedDelivery(tidings: TestService, tenant: { id: string }): Promise<string> {
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  const { id } = body.deliveries[0];
  await tidings.settled(id);
  return id;
}
