/**
 * Replans waiting deliveries after a change of their endpoint's retry schedule. The next attempts are planned anew from the ends of the
 * last ones. A later time is written to the row alone, because a workflow whose timer fires early asks again. An earlier time needs a new
 * workflow, because the old one still sleeps.
 */
import type { RetrySchedule } from '../domain/schedule.ts';
import { WAITING_PAGE } from './backlog.ts';
import { NO_WORKFLOW, offeredBefore, RELEASED } from './delivery-states.ts';
import { lockEndpoints } from './endpoint-locks.ts';
import { wakeDispatchers } from './leases.ts';
import { type Db, type Queryable, transaction } from './pool.ts';

/** Marks the endpoint's waiting deliveries to be replanned by this schedule. The caller holds the endpoint's lock. */
export async function beginReplan(
  client: Queryable,
  endpointId: string,
  { delaysS, jitter }: RetrySchedule,
): Promise<void> {
  await client.query(
    `update endpoints set plan_version = plan_version + 1, replanned_to = '', replan_delays = $2, replan_jitter = $3
     where id = $1`,
    [endpointId, delaysS, jitter],
  );
}

/**
 * SQL: when the delivery `d` at the endpoint `e` is due; null keeps the planned time. The schedule has no delay for the last attempt
 * planned before it became shorter, or for a delivery that was deferred before its first attempt.
 */
const DUE = `(greatest(
    coalesce(d.attempted_at, (select a.started_at + a.duration_ms * interval '1 ms' from attempts a
      where a.delivery_id = d.id and a.number = d.attempt_count))
      + make_interval(secs => e.replan_delays[d.slots_used] * (1 + e.replan_jitter * (2 * random() - 1))),
    d.not_before, now()) + case when e.replan_delays[d.slots_used] is null then null else interval '0' end)`;

const PLAN = `next_attempt_at = n.due, moved = d.moved or n.due < d.next_attempt_at`;

/**
 * Replans a page of an endpoint's waiting deliveries.
 * @returns whether there may be more
 */
export async function replanPage(
  db: Queryable,
  endpointId: string,
  page: number = WAITING_PAGE,
): Promise<boolean> {
  return transaction(db, async (client) => {
    await lockEndpoints(client, [endpointId]);
    const { rows } = await client.query<{ goesOn: boolean }>(
      `with e as materialized (select * from endpoints where id = $1 and replanned_to is not null),
       waiting as materialized (
         select d.* from deliveries d where d.endpoint_id = $1 and d.status = 'retrying'
           and d.id > (select replanned_to from e) order by d.id limit $2 for update
       ), planned as (
         update deliveries d set ${PLAN}
         from (select d.id, ${DUE} as due from waiting d cross join e) n where d.id = n.id and n.due is not null
       )
       update endpoints set replanned_to = case when (select count(*) from waiting) = $2 then (select max(id) from waiting) end
       where id = $1 and replanned_to is not null
       returning replanned_to is not null as "goesOn"`,
      [endpointId, page],
    );
    return rows[0]?.goesOn ?? false;
  });
}

/** Replans deliveries whose attempts began before their endpoint's schedule was changed. */
export async function replanLate(
  client: Queryable,
  planned: { deliveryId: string; planVersion: number }[],
): Promise<void> {
  if (planned.length === 0) return;
  await client.query(
    `update deliveries d set ${PLAN}
     from (
       select d.id, ${DUE} as due from unnest($1::text[], $2::int[]) as r (id, version)
       join deliveries d on d.id = r.id join endpoints e on e.id = d.endpoint_id
       where e.plan_version <> r.version and d.status = 'retrying'
     ) n where d.id = n.id and n.due is not null and d.status = 'retrying'`,
    [planned.map((each) => each.deliveryId), planned.map((each) => each.planVersion)],
  );
}

/** Endpoints with deliveries that have yet to be replanned. */
export async function listToReplan(db: Db, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'select id from endpoints where replanned_to is not null order by random() limit $1',
    [limit],
  );
  return rows.map((row) => row.id);
}

/** Releases due deliveries that were moved before their workflow's timer: each goes on in a new workflow. @returns how many */
export async function releaseMoved(db: Db, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `update deliveries d set ${RELEASED}, ${NO_WORKFLOW}, ${offeredBefore('replan')}, moved = false
     where d.id = any(array(select id from deliveries where status = 'retrying' and moved and next_attempt_at <= now()
       order by next_attempt_at limit $1 for update skip locked))`,
    [limit],
  );
  if (rowCount !== null && rowCount > 0) await wakeDispatchers(db);
  return rowCount ?? 0;
}
