/** Operational events: what Tidings itself had to say. */
import type { Db } from './pool.ts';

export type OperationalEvent = {
  id: string;
  type: string;
  tenantId: string | null;
  endpointId: string | null;
  /** JSON text */
  data: string;
  createdAt: Date;
};

/** Newest first, `limit` of them, older than the id `before`. */
export async function listOperationalEvents(
  db: Db,
  page: { before: string | null; limit: number },
): Promise<OperationalEvent[]> {
  const { rows } = await db.query<OperationalEvent>(
    `select id, type, tenant_id as "tenantId", endpoint_id as "endpointId", data, created_at as "createdAt"
     from operational_events where $1::text is null or id < $1 order by id desc limit $2`,
    [page.before, page.limit],
  );
  return rows;
}
