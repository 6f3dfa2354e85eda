/** Health of an endpoint: counts failures in a row, warns people on the way, and disables an endpoint that has failed for too long. A 410 does not come here. */
import { MIN_FAILURES_TO_DISABLE, warningDue } from '../domain/health.ts';
import { disableEndpoint } from './endpoints.ts';
import { insertOperationalEvent } from './operational-events.ts';
import type { Queryable } from './pool.ts';

/**
 * Marks these endpoints as healthy: attempts count in the order in which they are recorded, so a success that began before the failures
 * ends them, too. Where people had been warned, an operational event tells them that the endpoint works again. A late
 * success does not say so of an endpoint that is switched off.
 */
export async function noteSuccess(client: Queryable, endpointIds: string[]): Promise<void> {
  if (endpointIds.length === 0) return;
  const { rows } = await client.query<{ id: string; tenantId: string; since: Date | null; warned: number }>(
    `update endpoints e set failing_since = null, consecutive_failures = 0, warned_percent = 0, troubled_since = null
     from (select id, coalesce(troubled_since, failing_since) as since, warned_percent from endpoints where id = any($1)) b
     where e.id = b.id and e.enabled and (e.failing_since is not null or e.consecutive_failures > 0 or e.warned_percent > 0)
     returning e.id, e.tenant_id as "tenantId", b.since, b.warned_percent as warned`,
    [endpointIds],
  );
  for (const { id, tenantId, since, warned } of rows) {
    if (warned === 0) continue;
    const data = { failing_since: since?.toISOString() ?? null };
    await insertOperationalEvent(client, { type: 'endpoint.recovered', tenantId, endpointId: id, data });
  }
}

/** SQL of the start of the failures. A stored time in the future, or before 2000, cannot be right and counts as none. */
export const FAILING_SINCE = `coalesce(case when failing_since between '2000-01-01' and now() then failing_since end, now())`;

/**
 * Counts failures in a row, warns when half and nine tenths of the time are over, and then switches the endpoint off.
 * @param defaultMs that time, where the tenant has set none
 */
export async function noteFailures(
  client: Queryable,
  endpointId: string,
  failures: number,
  defaultMs: number,
): Promise<void> {
  const { rows } = await client.query<{
    tenantId: string;
    since: Date;
    failedMs: number;
    inARow: number;
    warned: number;
    afterMs: number;
  }>(
    `update endpoints e set failing_since = ${FAILING_SINCE}, consecutive_failures = least(consecutive_failures, 1000000) + $2
     from tenants t where e.id = $1 and t.id = e.tenant_id and e.enabled
     returning e.tenant_id as "tenantId", e.failing_since as since, e.warned_percent as warned,
       e.consecutive_failures as "inARow", coalesce(t.disable_after_s * 1000.0, $3)::double precision as "afterMs",
       extract(epoch from now() - e.failing_since)::double precision * 1000 as "failedMs"`,
    [endpointId, failures, defaultMs],
  );
  const [health] = rows;
  if (health === undefined) return;
  const { tenantId, since, failedMs, inARow, warned, afterMs } = health;
  if (failedMs >= afterMs && inARow >= MIN_FAILURES_TO_DISABLE) {
    await disableEndpoint(client, endpointId, 'failing');
    return;
  }
  const percent = warningDue(failedMs, afterMs);
  if (percent <= warned) return;
  await client.query('update endpoints set warned_percent = $2 where id = $1', [endpointId, percent]);
  const data = {
    percent,
    failing_since: since.toISOString(),
    consecutive_failures: inARow,
    disabled_at: new Date(since.getTime() + afterMs).toISOString(),
  };
  await insertOperationalEvent(client, { type: 'endpoint.failing', tenantId, endpointId, data });
}
