/** Lists the endpoints of all tenants, newest first: all of them, or those that are in trouble. A page reads a bounded number of rows. */
import type { Endpoint } from '../domain/endpoint.ts';
import type { WalkedPage } from './delivery-list.ts';
import { ENDPOINT_COLUMNS, type EndpointRow, openEndpoint } from './endpoints.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';
import type { Tenant } from './tenants.ts';
import type { Vault } from './vault.ts';

/** Rows that one walk reads at most. Where too few of them match, the page ends early and says where it stopped. */
const MAX_WALKED = 2_000;

/** States of an endpoint in trouble, as src/domain/health.ts has them. */
export const TROUBLES = ['failing', 'stalled', 'disabled'] as const;
export type Trouble = (typeof TROUBLES)[number] | 'troubled';

/** The predicate of the index `endpoints_in_trouble`. */
const IN_TROUBLE =
  'deleted_at is null and (not enabled or stalled_at is not null or failing_since is not null)';
const STATE_IS: Record<Trouble, string> = {
  failing: 'enabled and stalled_at is null and failing_since is not null',
  stalled: 'enabled and stalled_at is not null',
  disabled: 'not enabled',
  troubled: 'true',
};

export type TenantOfEndpoint = Pick<Tenant, 'disableAfterS'> & {
  name: string | null;
  externalId: string | null;
};

type Query = { text: string; values: unknown[] };

/** The matching rows among those walked, and the last row of the walk. A function of its own, so that a test can check its plan. */
export function endpointWalk(
  state: Trouble | null,
  { before, limit }: { before: string | null; limit: number },
): { rows: Query; end: Query } {
  const isLive = state === null ? 'true' : IN_TROUBLE;
  const wanted = state === null ? 'deleted_at is null' : STATE_IS[state];
  const values = before === null ? [] : [before];
  const walked = `from endpoints where ${isLive} ${before === null ? '' : 'and id < $1'} order by id desc`;
  return {
    rows: {
      text: `select e.*, t.name, t.external_id as "externalId", t.disable_after_s as "disableAfterS"
        from (select ${ENDPOINT_COLUMNS} from (select * ${walked} limit ${MAX_WALKED}) walked where ${wanted}
          order by id desc limit ${limit}) e
        left join lateral (select * from tenants where id = e."tenantId" offset 0) t on true order by e.id desc`,
      values,
    },
    end: { text: `select id ${walked} limit 1 offset ${MAX_WALKED - 1}`, values },
  };
}

export async function listAllEndpoints(
  db: Db,
  vault: Vault,
  state: Trouble | null,
  page: { before: string | null; limit: number },
): Promise<WalkedPage<Endpoint & { tenant: TenantOfEndpoint }>> {
  return snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const walk = endpointWalk(state, page);
    const { rows } = await client.query<EndpointRow & TenantOfEndpoint>(walk.rows);
    const end = rows.length < page.limit ? (await client.query<{ id: string }>(walk.end)).rows[0] : undefined;
    return {
      rows: rows.map(({ name, externalId, disableAfterS, ...row }) => ({
        ...openEndpoint(row, vault),
        tenant: { name, externalId, disableAfterS },
      })),
      walkedTo: end?.id ?? null,
    };
  });
}
