/** Ten thousand customers: nothing that is kept for each endpoint helps, since each is seen for the first time. */
import { newId } from '../../src/domain/ids.ts';
import { createVault, type Vault } from '../../src/store/vault.ts';
import { measure, warmUp } from '../measure.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { EVENT_TYPE, tenant, warmUpStream } from '../setting.ts';

const ENDPOINTS_EACH = 5;
const CHUNK = 1_000;

export const manyTenants: Scenario = {
  name: 'many-tenants',
  title:
    '10,000 tenants with 50,000 endpoints; 2,000 events, 32 emitters, each of another tenant for one endpoint',
  roles: ['serve'],
  async run(bench) {
    const others = [await tenant(bench, { group: 'others', endpoints: 1 })];
    const ids = await insertTenants(bench, bench.size(10_000));
    await bench.stack.db.query('analyze tenants, endpoints');
    await warmUp(bench, [warmUpStream(bench, others)]);
    const targets = ids.map((id, at) => ({
      path: `/v1/tenants/${id}/events`,
      type: `${EVENT_TYPE}_${at % ENDPOINTS_EACH}`,
    }));
    const events = bench.size(2_000);
    return measure(bench, { streams: [{ name: 'burst', targets, events, emitters: 32 }], expected: events });
  },
};

/** By SQL: sixty thousand calls would take longer than what is measured. @returns their ids */
async function insertTenants({ stack, load }: Bench, count: number): Promise<string[]> {
  const vault = createVault(stack.keyRing);
  const ids = Array.from({ length: count }, () => newId('tenant'));
  for (let from = 0; from < count; from += CHUNK) {
    const chunk = ids.slice(from, from + CHUNK);
    await stack.db.query(
      `insert into tenants (id, name, profile, contacts, created_at)
       select id, 'Bench', 'standard-webhooks', '{}', now() from unnest($1::text[]) as id`,
      [chunk],
    );
    const endpoints = chunk.flatMap((tenantId, at) =>
      Array.from({ length: ENDPOINTS_EACH }, (_, number) =>
        endpointRow(vault, tenantId, load.endpointUrl('ok', (from + at) * ENDPOINTS_EACH + number), number),
      ),
    );
    const column = (name: keyof EndpointRow) => endpoints.map((endpoint) => endpoint[name]);
    await stack.db.query(
      `insert into endpoints (id, tenant_id, sealed, masked_url, host, event_types, enabled, created_at, updated_at)
       select id, tenant_id, sealed, url, host, array[type], true, now(), now()
       from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[])
         as row (id, tenant_id, sealed, url, host, type)`,
      (['id', 'tenantId', 'sealed', 'url', 'host', 'type'] as const).map(column),
    );
  }
  return ids;
}

type EndpointRow = {
  id: string;
  tenantId: string;
  sealed: Buffer;
  url: string;
  host: string;
  type: string;
};

function endpointRow(vault: Vault, tenantId: string, url: string, number: number): EndpointRow {
  const secrets = {
    url,
    auth: { type: 'none' },
    headers: {},
    signing: [{ value: `whsec_${Buffer.alloc(32, number).toString('base64')}`, expiresAtMs: null }],
  };
  const id = newId('endpoint');
  return {
    id,
    tenantId,
    sealed: vault.seal(JSON.stringify(secrets), id),
    url,
    host: new URL(url).host,
    type: `${EVENT_TYPE}_${number}`,
  };
}
