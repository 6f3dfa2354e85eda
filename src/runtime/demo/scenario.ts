/** The demo's story: a tenant for each contract, the products' own sample events, one receiver that stumbles, one that is down. */
import { PROFILES } from '../../profiles/index.ts';
import type { DemoReceivers } from './receivers.ts';
import type { Knows } from './verify.ts';

/** Calls the API as any client does. */
export type CallApi = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

export type DemoTenant = { id: string; name: string };

type EndpointRequest = {
  path: string;
  auth?: { type: string; [field: string]: string };
  secret?: string;
  retry_schedule?: number[];
  knows?: Knows;
  refuseFirst?: number;
};

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

/** Plays the demo once; later starts only set up the receivers for what is there. @returns its tenants */
export async function playDemo(
  call: CallApi,
  receivers: DemoReceivers,
): Promise<{ tenants: DemoTenant[]; isNew: boolean }> {
  const { items: existing } = await call<{ items: { id: string; external_id: string | null }[] }>(
    'GET',
    '/v1/tenants?limit=200',
  );
  const isNew = !existing.some((tenant) => ACTS.some((act) => act.externalId === tenant.external_id));
  const tenants: DemoTenant[] = [];
  for (const act of ACTS) {
    const tenant = isNew
      ? await createTenant(call, act)
      : existing.find((each) => each.external_id === act.externalId);
    if (tenant === undefined) continue;
    tenants.push({ id: tenant.id, name: act.name });
    await prepareReceiver(call, receivers, act, tenant.id, isNew);
  }
  if (isNew) await Promise.all(ACTS.map((act) => emitSamples(call, act)));
  return { tenants, isNew };
}

function createTenant(call: CallApi, act: Act): Promise<{ id: string }> {
  const { name, profile, externalId } = act;
  return call('POST', '/v1/tenants', { name, profile, external_id: externalId });
}

async function prepareReceiver(
  call: CallApi,
  receivers: DemoReceivers,
  act: Act,
  tenantId: string,
  isNew: boolean,
): Promise<void> {
  const { path, knows, refuseFirst, ...settings } = act.endpoint;
  const base = act.profile === 'leah' ? receivers.https : receivers.http;
  const endpoints = `/v1/tenants/${tenantId}/endpoints`;
  if (isNew) await call('POST', endpoints, { url: base + path, ...settings });
  const { items } = await call<{ items: { id: string }[] }>('GET', endpoints);
  const [endpoint] = items;
  if (endpoint === undefined) return;
  const { secret } = await call<{ secret: string | null }>('GET', `${endpoints}/${endpoint.id}/secret`);
  receivers.expect(path, act.profile, { ...knows, secret: secret ?? undefined }, refuseFirst);
}

async function emitSamples(call: CallApi, act: Act): Promise<void> {
  const catalogue = PROFILES.find((profile) => profile.name === act.profile)?.catalogue ?? [];
  const entries = act.events === 'all' ? catalogue : catalogue.slice(0, 1);
  for (const entry of entries) {
    await call('POST', `/v1/tenants/${act.externalId}/events`, {
      type: entry.name,
      data: JSON.parse(entry.example),
    });
  }
}
