/** Scenario of the demo: a tenant for each contract, with its product's sample events; a receiver that refuses twice, and one that always does. */
import { PROFILES } from '../profiles/index.ts';
import type { DemoReceivers } from './receivers.ts';
import type { Knows } from './verify.ts';

/** Calls the API as any client does. A refusal is thrown as an Error with the HTTP `status`. */
export type CallApi = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

/** Progress of the demo, kept between starts; `null`: it was never begun. */
export type DemoProgress = {
  read(): Promise<'begun' | 'played' | null>;
  write(now: 'begun' | 'played'): Promise<void>;
};

export type DemoTenant = { id: string; name: string };

type EndpointRequest = {
  path: string;
  auth?: { type: string; [field: string]: string };
  secret?: string;
  retry_schedule?: number[];
  knows?: Knows;
  refuseFirst?: number;
};

/** A tenant of the demo with its endpoint; `events`: those of its catalogue that are emitted. */
type Act = {
  externalId: string;
  name: string;
  profile: string;
  endpoint: EndpointRequest;
  events: 'all' | 'first';
};

const ALWAYS = Number.POSITIVE_INFINITY;

// The credentials are those of the products' documents.
const ACTS: Act[] = [
  {
    externalId: 'demo-standard',
    name: 'Standard Webhooks',
    profile: 'standard-webhooks',
    endpoint: { path: '/standard' },
    events: 'first',
  },
  {
    externalId: 'demo-reading-steps',
    name: 'Reading Steps',
    profile: 'reading-steps',
    endpoint: { path: '/reading-steps' },
    events: 'all',
  },
  {
    externalId: 'demo-leah',
    name: 'Leah',
    profile: 'leah',
    endpoint: {
      path: '/leah',
      auth: { type: 'basic', username: 'my_user', password: 'my_pass' },
      knows: { authorization: 'Basic bXlfdXNlcjpteV9wYXNz' },
    },
    events: 'all',
  },
  {
    externalId: '550e8400-e29b-41d4-a716-446655440000',
    name: 'SCORM API',
    profile: 'scorm-api',
    endpoint: { path: '/scorm', secret: 'your-webhook-secret' },
    events: 'all',
  },
  {
    externalId: 'demo-lessonly',
    name: 'Lessonly',
    profile: 'lessonly',
    endpoint: {
      path: '/lessonly',
      auth: { type: 'authorization', value: 'Token demo-lessonly' },
      knows: { authorization: 'Token demo-lessonly' },
    },
    events: 'all',
  },
  {
    externalId: 'demo-stumbles',
    name: 'Refuses twice, then accepts',
    profile: 'standard-webhooks',
    endpoint: { path: '/stumbles', retry_schedule: [2, 3], refuseFirst: 2 },
    events: 'first',
  },
  {
    externalId: 'demo-down',
    name: 'Always refuses',
    profile: 'standard-webhooks',
    endpoint: { path: '/down', retry_schedule: [2, 2], refuseFirst: ALWAYS },
    events: 'first',
  },
];

/**
 * Plays the demo once. The next start completes a demo that was interrupted at any step: each step first checks whether it was
 * done, and the events have fixed ids. A demo that was completed stays as people have changed it; only the receivers are set up.
 * @returns its tenants, and whether it was played now
 */
export async function playDemo(
  call: CallApi,
  receivers: DemoReceivers,
  progress: DemoProgress,
): Promise<{ tenants: DemoTenant[]; isNew: boolean }> {
  const found = await Promise.all(ACTS.map((act) => findTenant(call, act.externalId)));
  const reached = await progress.read();
  // Tenants without recorded progress come from a version that recorded none, or from another data directory.
  const isNew = reached === 'begun' || (reached === null && found.every((tenant) => tenant === null));
  if (isNew) await progress.write('begun');
  const tenants: DemoTenant[] = [];
  for (const [at, act] of ACTS.entries()) {
    const tenant = found[at] ?? (isNew ? await createTenant(call, act) : null);
    if (tenant === null) continue;
    tenants.push({ id: tenant.id, name: act.name });
    await prepareReceiver(call, receivers, act, tenant.id, isNew);
  }
  if (isNew) {
    await Promise.all(ACTS.map((act) => emitSamples(call, act)));
    await progress.write('played');
  }
  return { tenants, isNew };
}

const isStatus = (error: unknown, status: number) => (error as { status?: number }).status === status;

async function findTenant(call: CallApi, externalId: string): Promise<{ id: string } | null> {
  try {
    return await call('GET', `/v1/tenants/${externalId}`);
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

function createTenant(call: CallApi, act: Act): Promise<{ id: string }> {
  const { name, profile, externalId } = act;
  return call('POST', '/v1/tenants', { name, profile, external_id: externalId });
}

type Endpoint = { id: string; url: string };

async function prepareReceiver(
  call: CallApi,
  receivers: DemoReceivers,
  act: Act,
  tenantId: string,
  isNew: boolean,
): Promise<void> {
  const { path, knows, refuseFirst, ...settings } = act.endpoint;
  const url = (act.profile === 'leah' ? receivers.https : receivers.http) + path;
  const endpoints = `/v1/tenants/${tenantId}/endpoints`;
  const found = await findEndpoint(call, endpoints, path);
  const endpoint = found ?? (isNew ? await call<Endpoint>('POST', endpoints, { url, ...settings }) : null);
  if (endpoint === null) return;
  // The receivers have new ports when another program has taken the old ones.
  if (endpoint.url !== url) await call('PATCH', `${endpoints}/${endpoint.id}`, { url });
  const { secret } = await call<{ secret: string | null }>('GET', `${endpoints}/${endpoint.id}/secret`);
  receivers.expect(path, act.profile, { ...knows, secret: secret ?? undefined }, refuseFirst);
}

/** The endpoint that leads to this path on this machine; people may have made others. */
async function findEndpoint(call: CallApi, endpoints: string, path: string): Promise<Endpoint | null> {
  const isOurs = ({ url }: Endpoint) =>
    URL.canParse(url) && new URL(url).hostname === '127.0.0.1' && new URL(url).pathname === path;
  for (let cursor = ''; ; ) {
    const page = await call<{ items: Endpoint[]; next_cursor: string | null }>('GET', endpoints + cursor);
    const endpoint = page.items.find(isOurs);
    if (endpoint !== undefined) return endpoint;
    if (page.next_cursor === null) return null;
    cursor = `?cursor=${page.next_cursor}`;
  }
}

/** Emits events with fixed ids, so that one that is emitted again after an interrupted start is accepted once. */
async function emitSamples(call: CallApi, act: Act): Promise<void> {
  const catalogue = PROFILES.find((profile) => profile.name === act.profile)?.catalogue ?? [];
  const entries = act.events === 'all' ? catalogue : catalogue.slice(0, 1);
  for (const [at, entry] of entries.entries()) {
    const event = { id: `demo-${at + 1}`, type: entry.name, data: JSON.parse(entry.example) };
    try {
      await call('POST', `/v1/tenants/${act.externalId}/events`, event);
    } catch (error) {
      // The same id with another body: another version, with other samples, has emitted it.
      if (!isStatus(error, 409)) throw error;
    }
  }
}
