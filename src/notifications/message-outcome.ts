/** Applies the outcome of sending a message: it is settled, sent again later, or its contact gets no more messages. */
import type { SendOutcome } from '../domain/notification.ts';
import type { Logger } from '../observability/logger.ts';
import {
  type BegunMessage,
  type DueMessage,
  refuseMessage,
  repeatMessage,
  returnMessage,
  settleMessage,
} from '../store/messages.ts';
import type { Db } from '../store/pool.ts';
import type { ChannelRoute } from './channel-route.ts';

/** Seconds until a deferred message is sent again. They double with each deferral, for two days. */
const BACKOFF_S = { first: 5, last: 3_600 };
const GIVE_UP_S = 2 * 24 * 3_600;
/** Sends of a message whose acknowledgement was lost, at most: each of them may be a duplicate. */
const MAX_UNSURE = 5;
/** Seconds until the same message is a probe again, doubling: a failure that only it meets must not stop the others. */
const PROBE_AGAIN_S = { first: 5, last: 300 };
const MAX_REMEMBERED = 10_000;

export type ApplyOutcome = (
  due: DueMessage,
  begun: BegunMessage,
  result: SendOutcome,
  route: Pick<ChannelRoute, 'isNews'>,
) => Promise<void>;

/** @param deps.isStopping whether the process is stopping, so that an outcome that is not known may be left to another process */
export function createOutcomeApplier(deps: {
  db: Db;
  logger: Logger;
  isStopping: () => boolean;
}): ApplyOutcome {
  const { db, logger } = deps;
  /** for each message, how often it was sent while its channel did not work */
  const probes = new Map<string, number>();

  function probeAgainS(id: string): number {
    const times = probes.get(id) ?? 0;
    if (probes.size >= MAX_REMEMBERED) probes.clear();
    probes.set(id, times + 1);
    return Math.min(PROBE_AGAIN_S.last, PROBE_AGAIN_S.first * 2 ** times);
  }

  return async function applyOutcome(due, begun, result, route) {
    // The log names the contact by its id: addresses can be erased, logs cannot.
    const about = { message: due.id, contact: begun.contact?.id, tenant: begun.tenant.id };
    const waitS = Math.min(BACKOFF_S.last, BACKOFF_S.first * 2 ** begun.deferrals);
    if (result.outcome !== 'away') probes.delete(due.id);
    switch (result.outcome) {
      case 'sent':
        await settleMessage(db, due.id, 'sent');
        return;
      case 'refused':
        logger.warn(
          { ...about, code: result.code },
          'the mail server refused a contact for good; it gets no more messages',
        );
        return refuseMessage(db, begun, result.code);
      case 'later':
        if ((begun.deferredS ?? 0) > GIVE_UP_S) {
          logger.warn(
            { ...about, code: result.code },
            'the mail server has refused a contact for two days; it gets no more messages',
          );
          return refuseMessage(db, begun, result.code);
        }
        logger.warn(
          { ...about, code: result.code, waitS },
          'the mail server refuses a contact for now; its message is sent again later',
        );
        return returnMessage(db, due, waitS, true);
      case 'unsure':
        if (deps.isStopping()) return;
        logger.warn({ ...about, reason: result.reason }, 'whether a message was sent is not known');
        if (begun.deferrals + 1 < MAX_UNSURE) return repeatMessage(db, due.id, waitS);
        await settleMessage(db, due.id, 'unsure');
        return;
      case 'away':
        if (route.isNews(result.reason))
          logger.warn(
            { channel: due.channel, reason: result.reason },
            'no messages can be sent through a channel; it is tried until it works',
          );
        return returnMessage(db, due, probeAgainS(due.id), false);
    }
  };
}
