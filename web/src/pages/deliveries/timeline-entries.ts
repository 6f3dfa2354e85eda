/** The story of a delivery in the order in which it happened. */
import type { Schemas } from '@tidings/client';

export type DeliveryLog = Schemas['Delivery'];
export type Attempt = Schemas['Attempt'];
type OperationalEvent = Schemas['OperationalEvent'];

export type TimelineEntry =
  | { kind: 'accepted'; at: string }
  | { kind: 'wait'; at: string; ms: number }
  /** `isRepeated`: it failed as the one before */
  | { kind: 'attempt'; at: string; attempt: Attempt; isRepeated: boolean }
  /** `by`: null: who it was is not known here */
  | { kind: 'press'; at: string; by: string | null }
  | { kind: 'notice'; at: string; type: string }
  | { kind: 'under-way'; at: string }
  | { kind: 'next'; at: string; number: number }
  | { kind: 'ended'; at: string; status: 'succeeded' | 'failed' | 'cancelled' };

/** Shorter waits are said by the times alone. */
const WORTH_SAYING_MS = 1_000;

/** An attempt that was lost has no known end: all that is known is when it began. */
const endOf = ({ started_at: at, duration_ms: ms }: Attempt) => Date.parse(at) + (ms ?? 0);

/** What happens at the same moment: first what made it happen. */
const RANK: Record<TimelineEntry['kind'], number> = {
  accepted: 0,
  press: 1,
  wait: 2,
  attempt: 3,
  'under-way': 4,
  ended: 5,
  notice: 6,
  next: 7,
};

/** Waits stand between attempts; where a manual retry broke one off, it ends there. */
function waitsOf(log: DeliveryLog): TimelineEntry[] {
  const moments = [
    // Of older attempts nothing is known: the first wait is that after the oldest one shown.
    ...(log.attempts_left_out === undefined
      ? [{ from: Date.parse(log.created_at), to: Date.parse(log.created_at) }]
      : []),
    ...log.attempts.map((attempt) => ({ from: Date.parse(attempt.started_at), to: endOf(attempt) })),
  ];
  return moments.slice(1).flatMap(({ from }, index) => {
    const since = moments[index]?.to ?? from;
    const ms = from - since;
    return ms >= WORTH_SAYING_MS ? [{ kind: 'wait' as const, at: new Date(since).toISOString(), ms }] : [];
  });
}

const isEnded = (status: DeliveryLog['status']) =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';

/**
 * Every entry from acceptance to now, and the next attempt.
 * @param notices operational events that name the delivery
 * @param pressedBy names by the ids of manual retries, as the audit log tells them
 */
export function timelineOf(
  log: DeliveryLog,
  notices: readonly OperationalEvent[],
  pressedBy: ReadonlyMap<string, string> = new Map(),
): TimelineEntry[] {
  const { status, next_attempt_at: next, ended_at: ended } = log;
  const entries: TimelineEntry[] = [
    { kind: 'accepted', at: log.created_at },
    ...log.attempts.map((attempt, index) => ({
      kind: 'attempt' as const,
      at: attempt.started_at,
      attempt,
      isRepeated: attempt.explanation?.summary === log.attempts[index - 1]?.explanation?.summary,
    })),
    ...waitsOf(log),
    ...log.presses.map(({ at, press_id: id }) => ({
      kind: 'press' as const,
      at,
      by: (id !== null && pressedBy.get(id)) || null,
    })),
    ...notices.map(({ created_at: at, type }) => ({ kind: 'notice' as const, at, type })),
    ...(ended !== null && isEnded(status)
      ? [{ kind: 'ended' as const, at: ended, status: status as 'succeeded' | 'failed' | 'cancelled' }]
      : []),
  ];
  entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || RANK[a.kind] - RANK[b.kind]);
  if (status === 'delivering')
    entries.push({ kind: 'under-way', at: log.attempts.at(-1)?.started_at ?? log.created_at });
  if (!isEnded(status) && status !== 'delivering' && next !== null)
    entries.push({ kind: 'next', at: next, number: log.attempt_count + 1 });
  return entries;
}
