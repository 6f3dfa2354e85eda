/** Reads the content of a message at the moment it is sent, so that a delivery that has succeeded meanwhile is not in it, and the endpoint is as it is then. */
import {
  type CHANGES,
  changeOf,
  type EndpointMessage,
  type ExhaustedDelivery,
} from '../domain/notification.ts';
import { FAILING_SINCE } from './endpoint-health.ts';
import type { Queryable } from './pool.ts';

type Content = Pick<EndpointMessage, 'endpoint' | 'deliveries' | 'total' | 'changes' | 'changesTotal'>;

/**
 * @param options.limit of each list; the totals count all
 * @param options.disableAfterMs how long an endpoint may fail until it is switched off, where its tenant has set no time
 */
export async function readContent(
  db: Queryable,
  endpointId: string,
  noticeIds: string[],
  { limit, disableAfterMs }: { limit: number; disableAfterMs: number },
): Promise<Content> {
  const { rows: endpoints } = await db.query<Content['endpoint']>(
    `select e.id, e.masked_url as "maskedUrl", e.stalled_at is not null as stalled, not e.enabled as disabled,
       e.deleted_at is not null as deleted, f.since as "failingSince",
       f.since + make_interval(secs => coalesce(t.disable_after_s, $2)) as "switchOffAt", now() as "asOf"
     from endpoints e join tenants t on t.id = e.tenant_id
     cross join lateral (select case when e.failing_since is not null then ${FAILING_SINCE} end as since) f
     where e.id = $1`,
    [endpointId, disableAfterMs / 1000],
  );
  const { rows: deliveries } = await db.query<ExhaustedDelivery>(
    `select id as "deliveryId", event_id as "eventId", event_type as "eventType", attempt_count as "attemptCount",
       last_error as "lastError", last_response_status as "lastResponseStatus", ended_at as "failedAt",
       status = 'delivering' as "isRetried",
       (select erased_at is not null from events e where e.tenant_id = d.tenant_id and e.id = d.event_id) as "isErased"
     from deliveries d where notice_id = any($1) and ended_status = 'failed' order by id limit $2`,
    [noticeIds, limit],
  );
  const { rows: changes } = await db.query<{ type: (typeof CHANGES)[number]; data: string; createdAt: Date }>(
    `select o.type, o.data, o.created_at as "createdAt" from notice_events n join operational_events o on o.id = n.event_id
     where n.notice_id = any($1) order by o.id desc limit $2`,
    [noticeIds, limit],
  );
  const { rows: counted } = await db.query<{ total: number; changesTotal: number }>(
    `select (select count(*) from deliveries where notice_id = any($1) and ended_status = 'failed') as total,
       (select count(*) from notice_events where notice_id = any($1)) as "changesTotal"`,
    [noticeIds],
  );
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error(`Endpoint ${endpointId} is gone`);
  return {
    endpoint,
    deliveries,
    total: counted[0]?.total ?? 0,
    changes: changes
      .reverse()
      .map(({ type, data, createdAt }) => changeOf(type, JSON.parse(data), createdAt)),
    changesTotal: counted[0]?.changesTotal ?? 0,
  };
}
