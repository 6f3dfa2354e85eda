/**
 * Folds the partial sums of attempts (`metric_parts`) into intervals, and prunes old intervals. One process does it at a time, and nobody
 * else writes intervals, so no request waits for it. A crash leaves the partial sums where they were.
 */
import {
  addCounts,
  histogramOf,
  INTERVALS,
  KEY_KINDS,
  type KeyKind,
  NOTHING,
  plus,
  type Sums,
} from '../domain/attempt-metrics.ts';
import { clockOffsetMs } from '../domain/clock.ts';
import { type Db, type Queryable, transaction } from './pool.ts';

/** The advisory lock of whoever folds or prunes. */
const LOCK = 7_203_114_501;
/** Partial sums that one transaction takes. Each may tell of as many attempts as a record batch has. */
const PARTS = 500;
const PRUNED = 5_000;
const WIDTHS = Object.values(INTERVALS).map(({ seconds }) => seconds);
const DAY_MS = 86_400_000;
const OLDEST_DAYS = Math.max(...Object.values(INTERVALS).map(({ keptDays }) => keptDays));

type Part = {
  tenantId: string;
  at: Date;
  eventType: string;
  errorCode: string | null;
  responseStatus: number | null;
  attempts: number;
  delivered: number;
  exhausted: number;
  durations: unknown[];
  latencies: unknown[];
};

type Place = { tenantId: string; seconds: number; at: Date };
type Total = Place & Sums;
type Keyed = Place & { kind: KeyKind; key: string; attempts: number; failed: number };

/** Folds what has come. @returns how many partial sums were folded; 0 also while another process does it */
export async function foldMetrics(db: Db): Promise<number> {
  let folded = 0;
  for (;;) {
    const taken = await transaction(db, foldSome);
    folded += taken;
    if (taken < PARTS) return folded;
  }
}

async function foldSome(client: Queryable): Promise<number> {
  if (!(await isMine(client))) return 0;
  const { rows } = await client.query<Part>(
    `delete from metric_parts where ctid = any(array(select ctid from metric_parts limit ${PARTS} for update skip locked))
     returning tenant_id as "tenantId", at, event_type as "eventType", error_code as "errorCode",
       response_status as "responseStatus", attempts, delivered, exhausted, durations, latencies`,
  );
  const parts = rows.filter(({ at }) => isKept(at));
  if (parts.length === 0) return rows.length;
  const totals = totalsOf(parts);
  await addTotals(client, [...totals.values()]);
  await addKeys(client, [...totals.values()], keysOf(parts));
  return rows.length;
}

async function isMine(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_xact_lock($1) as mine', [
    LOCK,
  ]);
  return rows[0]?.mine ?? false;
}

/** Only a damaged row has another time. */
function isKept(at: Date): boolean {
  const ageMs = Date.now() + clockOffsetMs() - at.getTime();
  return ageMs > -2 * DAY_MS && ageMs < OLDEST_DAYS * DAY_MS;
}

/** The intervals to which a partial sum belongs: of each width, of its tenant and of all. */
function placesOf({ tenantId, at }: Part): Place[] {
  return WIDTHS.flatMap((seconds) => {
    const ms = seconds * 1000;
    const start = new Date(Math.floor(at.getTime() / ms) * ms);
    return [tenantId, ''].map((owner) => ({ tenantId: owner, seconds, at: start }));
  });
}

const nameOf = ({ tenantId, seconds, at }: Place) => `${seconds} ${at.getTime()} ${tenantId}`;

function totalsOf(parts: readonly Part[]): Map<string, Total> {
  const totals = new Map<string, Total>();
  for (const part of parts) {
    const more = {
      attempts: part.attempts,
      failed: part.errorCode === null ? 0 : part.attempts,
      delivered: part.delivered,
      exhausted: part.exhausted,
      durations: histogramOf(part.durations),
      latencies: histogramOf(part.latencies),
    };
    for (const place of placesOf(part)) {
      const name = nameOf(place);
      totals.set(name, { ...place, ...plus(totals.get(name) ?? NOTHING, more) });
    }
  }
  return totals;
}

/** SQL: the places of `$1` to `$3`. */
const PLACES = 'unnest($1::text[], $2::int[], $3::timestamptz[]) as p (tenant_id, seconds, at)';
const placeValues = (places: readonly Place[]) => [
  places.map(({ tenantId }) => tenantId),
  places.map(({ seconds }) => seconds),
  places.map(({ at }) => at),
];

async function addTotals(client: Queryable, totals: Total[]): Promise<void> {
  const { rows } = await client.query<Total>(
    `select tenant_id as "tenantId", seconds, at, attempts, failed, delivered, exhausted, durations, latencies
     from ${PLACES} join metric_totals using (tenant_id, seconds, at)`,
    placeValues(totals),
  );
  const before = new Map(rows.map((row) => [nameOf(row), row]));
  const sums = totals.map((total) => ({ ...total, ...plus(before.get(nameOf(total)) ?? NOTHING, total) }));
  await client.query(
    `insert into metric_totals (tenant_id, seconds, at, attempts, failed, delivered, exhausted, durations, latencies)
     select p.tenant_id, p.seconds, p.at, p.attempts, p.failed, p.delivered, p.exhausted, h.durations::int[], h.latencies::int[]
     from unnest($1::text[], $2::int[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
       with ordinality as p (tenant_id, seconds, at, attempts, failed, delivered, exhausted, n)
     join unnest($8::text[], $9::text[]) with ordinality as h (durations, latencies, n) using (n)
     on conflict (tenant_id, seconds, at) do update set attempts = excluded.attempts, failed = excluded.failed,
       delivered = excluded.delivered, exhausted = excluded.exhausted, durations = excluded.durations, latencies = excluded.latencies`,
    [
      ...placeValues(sums),
      ...(['attempts', 'failed', 'delivered', 'exhausted'] as const).map((name) =>
        sums.map((sum) => sum[name]),
      ),
      // An array of arrays of different lengths is none for PostgreSQL.
      ...(['durations', 'latencies'] as const).map((name) => sums.map((sum) => `{${sum[name].join()}}`)),
    ],
  );
}

function keysOf(parts: readonly Part[]): Map<string, Keyed> {
  const keys = new Map<string, Keyed>();
  for (const part of parts) {
    const { attempts, errorCode, responseStatus, eventType } = part;
    const failed = errorCode === null ? 0 : attempts;
    const named: [KeyKind, string | null][] = [
      ['type', eventType],
      ['error', errorCode],
      ['status', responseStatus === null ? null : String(responseStatus)],
    ];
    for (const place of placesOf(part)) {
      for (const [kind, key] of named) if (key !== null) add(keys, { ...place, kind, key, attempts, failed });
    }
  }
  return keys;
}

const keyNameOf = (keyed: Keyed) => `${nameOf(keyed)} ${keyed.kind} ${keyed.key}`;

function add(keys: Map<string, Keyed>, more: Keyed): void {
  const name = keyNameOf(more);
  const before = keys.get(name);
  keys.set(name, {
    ...more,
    attempts: addCounts(before?.attempts ?? 0, more.attempts),
    failed: addCounts(before?.failed ?? 0, more.failed),
  });
}

async function addKeys(client: Queryable, places: Place[], keys: Map<string, Keyed>): Promise<void> {
  const { rows } = await client.query<Keyed>(
    `select tenant_id as "tenantId", seconds, at, kind, key, attempts, failed
     from ${PLACES} join metric_keys using (tenant_id, seconds, at)`,
    placeValues(places),
  );
  const before = new Map(rows.map((row) => [keyNameOf(row), row]));
  const kept = new Map<string, number>();
  const groupOf = (keyed: Keyed) => `${nameOf(keyed)} ${keyed.kind}`;
  for (const row of rows) kept.set(groupOf(row), (kept.get(groupOf(row)) ?? 0) + 1);
  const sums = new Map<string, Keyed>();
  for (const [name, keyed] of keys) {
    const count = kept.get(groupOf(keyed)) ?? 0;
    const isNew = !before.has(name);
    // A tenant may use any number of types, and a receiver any number of statuses: beyond the bound they share one key.
    const isOver = isNew && count >= KEY_KINDS[keyed.kind];
    if (isNew && !isOver) kept.set(groupOf(keyed), count + 1);
    add(sums, isOver ? { ...keyed, key: '' } : keyed);
  }
  for (const [name, row] of before) if (sums.has(name)) add(sums, row);
  const all = [...sums.values()];
  await client.query(
    `insert into metric_keys (tenant_id, seconds, at, kind, key, attempts, failed)
     select * from unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
     on conflict (tenant_id, seconds, at, kind, key) do update set attempts = excluded.attempts, failed = excluded.failed`,
    [
      ...placeValues(all),
      ...(['kind', 'key', 'attempts', 'failed'] as const).map((name) => all.map((each) => each[name])),
    ],
  );
}

export const PRUNE_QUERIES = ['metric_totals', 'metric_keys'].map(
  (table) =>
    `delete from ${table} where ctid = any(array(select ctid from ${table} where seconds = $1 and at < now() - make_interval(days => $2)
       order by at limit ${PRUNED}))`,
);

/** Deletes intervals that are older than they are kept. @returns how many rows went */
export async function pruneMetrics(db: Db): Promise<number> {
  let pruned = 0;
  for (const { seconds, keptDays } of Object.values(INTERVALS)) {
    for (const text of PRUNE_QUERIES) {
      for (let left = PRUNED; left === PRUNED; pruned += left) {
        left = await transaction(db, async (client) =>
          // A day more, so that no request that is answered finds a part of its range gone.
          (await isMine(client)) ? ((await client.query(text, [seconds, keptDays + 1])).rowCount ?? 0) : 0,
        );
      }
    }
  }
  return pruned;
}
