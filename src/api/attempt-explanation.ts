/** Explanations in the log of a delivery: of each failed attempt, and of the delivery by its last one. */
import type { Failure } from '../domain/causes.ts';
import type { Delivery } from '../domain/delivery.ts';
import { OVERLAP_S } from '../domain/endpoint.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { type Explanation, explain } from '../domain/explanation.ts';
import { retryRefusal, type Sendability } from '../domain/next-step.ts';
import { listRotations } from '../store/audit-log.ts';
import type { StoredAttempt } from '../store/deliveries.ts';
import type { Db } from '../store/pool.ts';
import type { DeliveryLog } from './schemas/delivery.ts';
import { pairsIn } from './stored-headers.ts';

type ExplanationView = NonNullable<DeliveryLog['explanation']>;

/** Bytes of a response's body that are looked through for the signs of a cause. */
const BODY_SEEN = 4_096;
/** A receiver notices a rotation when the overlap ends at the latest; a day more is left for its owner to hear of it. */
const LATELY_MS = (OVERLAP_S.max + 24 * 3600) * 1000;

/** Times of the endpoint's rotations, newest first, where an attempt was refused in a way that a rotation may explain. */
export async function rotationsFor(
  db: Db,
  { endpointId }: Delivery,
  attempts: readonly StoredAttempt[],
): Promise<Date[]> {
  const isConcerned = attempts.some(({ responseStatus }) => responseStatus === 401 || responseStatus === 403);
  return isConcerned ? listRotations(db, endpointId) : [];
}

/** @param row the attempt as it was recorded, if it is known here */
export function explainAttempt(
  code: AttemptErrorCode,
  row: StoredAttempt | undefined,
  rotations: readonly Date[],
): ExplanationView | null {
  return view(
    explain(
      row === undefined
        ? nothingSeen(code, null)
        : {
            code,
            message: row.errorMessage,
            status: row.responseStatus,
            headers: new Map(
              pairsIn(row.responseHeaders).map(([name, value]) => [name.toLowerCase(), value]),
            ),
            body: row.responseBody?.toString('latin1', 0, BODY_SEEN) ?? '',
            url: row.requestUrl,
            rotatedAt: rotationBefore(row.startedAt, rotations),
          },
    ),
  );
}

/**
 * @param last the newest attempt; `undefined`: there was none
 * @param now what decides whether it can be sent, and so what there is to do
 */
export function explainDelivery(
  { status, lastError, lastResponseStatus }: Delivery,
  last: { error: { code: AttemptErrorCode } | null; explanation: ExplanationView | null } | undefined,
  now: Sendability,
): ExplanationView | null {
  if (lastError === null || status === 'succeeded') return null;
  // What ended it may have come after its last attempt: its endpoint was disabled, its payload erased.
  if (last?.error?.code === lastError) return last.explanation;
  const seen = { ...nothingSeen(lastError, lastResponseStatus), endpointNow: now.endpoint };
  // The causes judge the state of the endpoint by themselves.
  const obstacle = retryRefusal({ isTest: false }, { ...now, endpoint: 'enabled' });
  return view(explain(obstacle === null ? seen : { ...seen, obstacle }));
}

const nothingSeen = (code: AttemptErrorCode, status: number | null): Failure => ({
  code,
  message: null,
  status,
  headers: new Map(),
  body: '',
  url: null,
  rotatedAt: null,
});

function rotationBefore(startedAt: Date, rotations: readonly Date[]): Date | null {
  const before = rotations.find((at) => at <= startedAt);
  return before !== undefined && startedAt.getTime() - before.getTime() <= LATELY_MS ? before : null;
}

function view(explanation: Explanation | null): ExplanationView | null {
  if (explanation === null) return null;
  const { docsUrl, ...rest } = explanation;
  return { ...rest, docs_url: docsUrl };
}
