/**
 * Emits events: accepts and counts them, and hands their deliveries to this process's dispatcher or, by NOTIFY, to those of other
 * processes. The API's emits, test events and operational events all go through it.
 */
import { setTimeout } from 'node:timers/promises';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { AcceptRequest } from '../store/accept-rows.ts';
import type { Acceptor } from '../store/acceptor.ts';
import type { AcceptedEvent } from '../store/events.ts';
import { wakeDispatchers } from '../store/leases.ts';
import type { Db } from '../store/pool.ts';
import type { Dispatcher } from './dispatcher.ts';

export type Emit = Omit<AcceptRequest, 'lease'>;

export type Emitter = {
  /**
   * Resolves when the events are committed.
   * @returns the events in the order of the request; for a repeated request, as they are stored
   * @throws Problem as `acceptAll`; `overloaded` when too much waits in this process
   */
  emit(request: Emit): Promise<AcceptedEvent[]>;
  /** Sends the NOTIFY that is still due. The database must not be closed before. */
  close(): Promise<void>;
};

/** The wait before a NOTIFY, so that many emits share one. */
const WAKE_MS = 20;

/** @param deps.dispatcher of this process; null: dispatchers run elsewhere */
export function createEmitter(deps: {
  db: Db;
  acceptor: Acceptor;
  dispatcher: Pick<Dispatcher, 'owner' | 'leaseMs' | 'offer'> | null;
  metrics: Pick<Metrics, 'eventsAccepted' | 'deliveriesAccepted'>;
  logger: Logger;
}): Emitter {
  const { db, acceptor, dispatcher, metrics, logger } = deps;
  const lease = dispatcher && { owner: dispatcher.owner, ms: dispatcher.leaseMs };
  let isWakeDue = false;
  let waking: Promise<void> = Promise.resolve();

  /** Sends one NOTIFY after the emits' transactions: inside them it would make commits wait for each other. */
  function wakeSoon(): void {
    if (isWakeDue) return;
    isWakeDue = true;
    waking = setTimeout(WAKE_MS)
      .then(() => {
        isWakeDue = false;
        return wakeDispatchers(db);
      })
      .catch((error) =>
        logger.warn(
          { reason: error.message },
          'dispatchers could not be woken; they find new deliveries when they next poll',
        ),
      );
  }

  return {
    async emit(request) {
      const { events, fresh, toDispatch } = await acceptor.accept({ ...request, lease });
      metrics.eventsAccepted.inc(fresh.events);
      metrics.deliveriesAccepted.inc(fresh.deliveries);
      if (dispatcher !== null) dispatcher.offer(toDispatch);
      else if (toDispatch.length > 0) wakeSoon();
      return events;
    },
    close: () => waking,
  };
}
