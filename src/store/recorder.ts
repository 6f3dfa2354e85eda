/** The recorder: writes the records of attempts, with the effects on their endpoints, in transactions that attempts share. */
import type { DeliveryStatus } from '../domain/delivery.ts';
import { holdStalled } from './backlog.ts';
import { failBroken } from './broken-rows.ts';
import { isDataError } from './data-error.ts';
import { applyEffects, noEffects } from './endpoint-effects.ts';
import { lockEndpoints, lockFreeEndpoints } from './endpoint-locks.ts';
import { APART, createGroupCommit, PATIENT_LOCK_TIMEOUT_MS, SHARED_LOCK_TIMEOUT_MS } from './group-commit.ts';
import { type Db, type Queryable, transaction } from './pool.ts';
import { type AttemptRecord, IS_FAILING, type Recorded, type Written, writeRecords } from './records.ts';

export type Recorder = {
  /**
   * Records attempts, in transactions shared with others that end at the same time. A repetition changes nothing.
   * @returns the status that each delivery has now. A delivery that is missing had been recorded before.
   */
  record(records: AttemptRecord[]): Promise<Map<string, DeliveryStatus>>;
};

export type RecorderRules = {
  /** how long an endpoint may fail until it is switched off, unless its tenant has a time of its own */
  disableAfterMs: number;
  /** called for a record that cannot be written as it is */
  onBroken?: (deliveryId: string, error: unknown) => void;
};

const TRANSACTIONS = 2;
/** Endpoints whose records may wait for a lock at the same time, in each commit queue. */
const PATIENT_TRANSACTIONS = 2;
const MAX_RECORDS = 500;

const NOTHING: Written = new Map();

/**
 * Makes a recorder with three commit queues. Records with effects lock their endpoint, so they do not share transactions with plain
 * ones; and failures have a queue of their own, so that many failures at one endpoint neither hold up successes nor take their connections. A
 * record whose rows are locked goes to its queue's lock waiters.
 */
export function createRecorder(db: Db, rules: RecorderRules): Recorder {
  // A request holds one record, so that the group commit separates one that cannot be written from the others.
  const commitQueue = (write: Write) =>
    createGroupCommit<AttemptRecord, Recorded>({
      async commit(records) {
        const written = await write(records, false).catch((error) => {
          // The patient transaction deals with it, because that may have to wait for locks.
          if (records.length === 1 && isDataError(error)) return NOTHING;
          throw error;
        });
        return records.map(({ deliveryId }) => written.get(deliveryId) ?? APART);
      },
      async commitPatiently(records) {
        const written = await writeOrReduce(db, (some) => write(some, true), records, rules);
        return records.map(({ deliveryId }) => written.get(deliveryId) ?? 'missing');
      },
      namesOf: ({ deliveryId }) => [deliveryId],
      ownerOf: ({ effects }) => effects.endpointId,
      sizeOf: () => 1,
      transactions: TRANSACTIONS,
      patientTransactions: PATIENT_TRANSACTIONS,
      maxRequests: MAX_RECORDS,
      maxSize: MAX_RECORDS,
    });
  const withEffects = (records: AttemptRecord[], mayWait: boolean) =>
    transaction(db, (client) => writeWithEffects(client, records, { ...rules, mayWait }), {
      lockTimeoutMs: mayWait ? PATIENT_LOCK_TIMEOUT_MS : SHARED_LOCK_TIMEOUT_MS,
    });
  const withoutEffects = (records: AttemptRecord[], mayWait: boolean) =>
    mayWait ? writePatiently(db, records, withEffects) : writeUnlessFailing(db, records);
  const queues = {
    plain: commitQueue(withoutEffects),
    eventful: commitQueue(withEffects),
    failing: commitQueue(withEffects),
  };
  return {
    async record(records) {
      const written = await Promise.allSettled(records.map((record) => queues[queueOf(record)](record)));
      const statuses = new Map<string, DeliveryStatus>();
      for (const [at, result] of written.entries()) {
        // The other records are written: a repetition finds them recorded.
        if (result.status === 'rejected') throw result.reason;
        const { deliveryId = '' } = records[at] ?? {};
        if (result.value !== 'missing') statuses.set(deliveryId, result.value);
      }
      return statuses;
    },
  };
}

const isProof = ({ provesHealth }: AttemptRecord) => provesHealth === true;

/** It waits for no lock, so it needs no transaction with a timeout. A success at an endpoint that is failing comes to `writePatiently`. */
function writeUnlessFailing(db: Db, records: AttemptRecord[]): Promise<Written> {
  const proofs = records.filter(isProof).map(({ deliveryId }) => deliveryId);
  return writeRecords(db, records, false, proofs);
}

async function writePatiently(db: Db, records: AttemptRecord[], withEffects: Write): Promise<Written> {
  const endpointIds = records.filter(isProof).map(({ effects }) => effects.endpointId);
  const { rowCount } = await db.query(
    `select 1 from endpoints where id = any($1) and ${IS_FAILING} limit 1`,
    [endpointIds],
  );
  if (rowCount !== 0) return withEffects(records, true);
  return transaction(db, (client) => writeRecords(client, records, true), {
    lockTimeoutMs: PATIENT_LOCK_TIMEOUT_MS,
  });
}

type Write = (records: AttemptRecord[], mayWait: boolean) => Promise<Written>;

/** Reduced forms of a record that cannot be written: without its exchange, then also without its effects. */
const REDUCTIONS: ((record: AttemptRecord) => AttemptRecord)[] = [
  (record) => ({ ...record, exchange: null, errorMessage: null }),
  (record) => ({
    ...record,
    exchange: null,
    errorMessage: null,
    effects: noEffects(record.effects.endpointId),
  }),
];

/** Writes a record, or a reduced form of it. If no form can be written, the delivery fails: otherwise the record would be tried for ever. */
async function writeOrReduce(
  db: Db,
  write: (records: AttemptRecord[]) => Promise<Written>,
  records: AttemptRecord[],
  { onBroken }: RecorderRules,
): Promise<Written> {
  try {
    return await write(records);
  } catch (error) {
    const [record] = records;
    if (record === undefined || records.length > 1 || !isDataError(error)) throw error;
    onBroken?.(record.deliveryId, error);
    for (const reduce of REDUCTIONS) {
      try {
        return await write([reduce(record)]);
      } catch (again) {
        if (!isDataError(again)) throw again;
      }
    }
    const status = await failBroken(db, record.deliveryId);
    return new Map(status === undefined ? [] : [[record.deliveryId, status]]);
  }
}

function queueOf({ effects: e, next }: AttemptRecord): 'plain' | 'eventful' | 'failing' {
  if (e.health === 'failing' || e.exhausted || next.status === 'retrying') return 'failing';
  const isEventful =
    e.disable ||
    e.stall ||
    e.unstall ||
    e.releaseNext ||
    e.holdIfStalled ||
    e.unsendable !== null ||
    e.health !== null;
  return isEventful ? 'eventful' : 'plain';
}

/** @returns the statuses, without those of records whose endpoint or delivery another transaction has locked, unless `mayWait` */
async function writeWithEffects(
  client: Queryable,
  records: AttemptRecord[],
  rules: { disableAfterMs: number; mayWait: boolean },
): Promise<Written> {
  const { mayWait } = rules;
  const endpointIds = [...new Set(records.map((record) => record.effects.endpointId))];
  // The endpoints' locks come first, in one order, as in emits to ordered endpoints.
  if (mayWait) await lockEndpoints(client, endpointIds);
  const locked = mayWait ? new Set(endpointIds) : await lockFreeEndpoints(client, endpointIds);
  const written = await writeRecords(
    client,
    records.filter(({ effects }) => locked.has(effects.endpointId)),
    mayWait,
  );
  const recorded = records.filter(({ deliveryId }) => (written.get(deliveryId) ?? 'missing') !== 'missing');
  // A delivery that was cancelled meanwhile does not count as a failure.
  await applyEffects(
    client,
    recorded
      .filter((record) => written.get(record.deliveryId) !== 'cancelled')
      .map(({ deliveryId, effects, provesHealth }) => ({
        deliveryId,
        effects: provesHealth ? { ...effects, health: 'healthy' as const } : effects,
      })),
    rules,
  );
  const late = recorded.filter((record) => record.effects.holdIfStalled).map((record) => record.deliveryId);
  for (const id of await holdStalled(client, late)) written.set(id, 'held');
  return written;
}
