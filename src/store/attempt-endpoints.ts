/** Loads endpoints for attempts: with their profile, deleted ones included. */
import type { Endpoint } from '../domain/endpoint.ts';
import { ENDPOINT_COLUMNS, type EndpointRow, openEndpoint } from './endpoints.ts';
import type { Db } from './pool.ts';
import type { Vault } from './vault.ts';

export type AttemptEndpoint = Endpoint & {
  profile: string;
  isOperator: boolean;
  /** counts the changes of its schedule */
  planVersion: number;
};

type Beside = Pick<AttemptEndpoint, 'profile' | 'isOperator' | 'planVersion'>;

/** The endpoints of these deliveries by id. */
export async function loadAttemptEndpoints(
  db: Db,
  vault: Vault,
  deliveryIds: string[],
): Promise<Map<string, AttemptEndpoint>> {
  // The ids stand in a select of their own, as in the claim, so that PostgreSQL keeps one plan for all calls.
  const { rows } = await db.query<EndpointRow & Beside>({
    name: 'attempt-endpoints',
    text: `select ${ENDPOINT_COLUMNS}, plan_version as "planVersion", (select profile from tenants t where t.id = endpoints.tenant_id),
             (select is_operator from tenants t where t.id = endpoints.tenant_id) as "isOperator"
           from endpoints where id in (
             select d.endpoint_id from unnest((select $1::text[])) as i (id) join deliveries d on d.id = i.id)`,
    values: [deliveryIds],
  });
  return new Map(
    rows.map(({ profile, isOperator, planVersion, ...row }) => [
      row.id,
      { ...openEndpoint(row as EndpointRow, vault), profile, isOperator, planVersion },
    ]),
  );
}
