/** Sends messages to people: takes each due message, hands it to its channel and records the outcome. */
import type { Channel, SendOutcome, TidingsMessage } from '../domain/notification.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createPeriodicTask } from '../periodic-task.ts';
import type { ContactLinks } from '../store/contact-links.ts';
import type { MessageBounds } from '../store/message-counts.ts';
import {
  type BegunMessage,
  beginMessage,
  type DueMessage,
  nextDueMessage,
  postpone,
  pruneMessages,
  refuseMessage,
  repeatMessage,
  returnMessage,
  settleMessage,
} from '../store/messages.ts';
import { adoptLeftNotices, type NotificationRules } from '../store/notifications.ts';
import { type Db, isDatabaseAway } from '../store/pool.ts';

export type MessageSender = {
  start(): void;
  /** Takes no more messages. Those in flight are aborted after `graceMs`; another process sends them again as the same message. */
  stop(graceMs: number): Promise<void>;
};

const POLL_MS = 500;
/** Messages that one process sends at the same time through one channel. */
const SIDE_BY_SIDE = 5;
const SWEEP_MS = 60_000;
const SWEEP_LIMIT = 100;

/** Seconds until a deferred message is sent again. They double with each deferral, for two days. */
const BACKOFF_S = { first: 5, last: 3_600 };
const GIVE_UP_S = 2 * 24 * 3_600;
/** Sends of a message whose acknowledgement was lost, at most: each of them may be a duplicate. */
const MAX_UNSURE = 5;
/** Seconds between probes of a channel that does not work, doubling. One message at a time is the probe. */
const AWAY_S = { first: 2, last: 60 };
/** Seconds until the same message is a probe again, doubling: a failure that only it meets must not stop the others. */
const PROBE_AGAIN_S = { first: 5, last: 300 };
const MAX_REMEMBERED = 10_000;
/** A message that cannot be composed, or whose endpoint is locked, is postponed so that it does not hold up the others. */
const UNREADABLE_S = 60;
const BUSY_S = 5;
/** Tries to record an outcome, all within the message's lease. */
const CONCLUDE_TRIES = 30;
const CONCLUDE_RETRY_MS = 1_000;

const LOCK_NOT_AVAILABLE = '55P03';

const RESULTS = {
  sent: 'sent',
  refused: 'refused',
  later: 'deferred',
  unsure: 'failed',
  away: 'failed',
} as const satisfies Record<SendOutcome['outcome'], string>;

// Long because its rounds, its sends and its end share one state.
export function createMessageSender(deps: {
  db: Db;
  channels: readonly Channel[];
  links: ContactLinks;
  publicUrl: () => string;
  bounds: MessageBounds;
  rules: NotificationRules;
  metrics: Pick<Metrics, 'notices' | 'taskFailures'>;
  logger: Logger;
}): MessageSender {
  const { db, channels, links, logger } = deps;
  const routes = new Map(channels.map((channel) => [channel.name, createRoute(channel)]));
  for (const channel of routes.keys())
    for (const result of new Set(Object.values(RESULTS))) deps.metrics.notices.inc({ channel, result }, 0);
  const underWay = new Set<Promise<void>>();
  const breakOff = new AbortController();
  /** for each message, how often it was sent while its channel did not work */
  const probes = new Map<string, number>();

  /** Begins to send one due message, and more as fast as the channels take them. */
  async function takeOne(): Promise<'again' | undefined> {
    const open = [...routes].filter(([, route]) => route.hasRoom()).map(([name]) => name);
    if (open.length === 0) return undefined;
    const due = await nextDueMessage(db, open);
    if (due === null) return undefined;
    const message = await begin(due);
    if (message === null) return 'again';
    const sending: Promise<void> = send(due, message)
      .catch((error: Error) => {
        // It is due again when its lease has run out.
        logger.warn(
          { message: due.id, reason: error.message },
          'the result of sending a message could not be recorded; it may be sent again',
        );
      })
      .finally(() => {
        underWay.delete(sending);
        taking.wake();
      });
    underWay.add(sending);
    return 'again';
  }

  async function begin(due: DueMessage): Promise<BegunMessage | null> {
    try {
      return await beginMessage(db, due, { bounds: deps.bounds, intervalMs: deps.rules.intervalMs });
    } catch (error) {
      const { message: reason, code } = error as Error & { code?: string };
      const isBusy = code === LOCK_NOT_AVAILABLE;
      if (!isBusy)
        logger.error({ message: due.id, reason }, 'a message could not be composed; it is tried again');
      await postpone(db, due.id, isBusy ? BUSY_S : UNREADABLE_S);
      return null;
    }
  }

  async function send(due: DueMessage, begun: BegunMessage): Promise<void> {
    const route = routes.get(due.channel) as Route;
    const result = await route.send(composed(begun), breakOff.signal);
    deps.metrics.notices.inc({ channel: due.channel, result: RESULTS[result.outcome] });
    // An outcome that is not recorded makes the message go out again.
    for (let tries = CONCLUDE_TRIES; ; tries -= 1) {
      try {
        return await conclude(due, begun, result, route);
      } catch (error) {
        if (tries === 0 || breakOff.signal.aborted || !isDatabaseAway(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, CONCLUDE_RETRY_MS));
      }
    }
  }

  function composed(begun: BegunMessage): TidingsMessage {
    const { id, tenant, contact } = begun;
    const page = (name: string, token: string) => `${deps.publicUrl()}/contacts/${name}/${token}`;
    const recipient =
      contact === null
        ? null
        : {
            address: contact.address,
            unsubscribeUrl: page('unsubscribe', links.tokenFor('unsubscribe', contact.id)),
          };
    if (begun.link === null) return { about: 'endpoint', id, tenant, recipient, ...begun.content };
    if (recipient === null || contact === null) throw new Error('A link needs a recipient');
    const verifyUrl = page('verify', links.tokenFor('verify', contact.id, begun.link.nonce));
    return { about: 'link', id, tenant, recipient, verifyUrl, expiresAt: begun.link.expiresAt };
  }

  async function conclude(
    due: DueMessage,
    begun: BegunMessage,
    result: SendOutcome,
    route: Route,
  ): Promise<void> {
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
        if (breakOff.signal.aborted) return;
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
  }

  function probeAgainS(id: string): number {
    const times = probes.get(id) ?? 0;
    if (probes.size >= MAX_REMEMBERED) probes.clear();
    probes.set(id, times + 1);
    return Math.min(PROBE_AGAIN_S.last, PROBE_AGAIN_S.first * 2 ** times);
  }

  const failures = deps.metrics.taskFailures;
  const taking = createPeriodicTask({
    name: 'message sender',
    everyMs: POLL_MS,
    startsAtOnce: true,
    work: takeOne,
    logger,
    failures,
    failed: 'messages could not be read',
  });
  const sweeping = createPeriodicTask({
    name: 'pruning of messages',
    everyMs: SWEEP_MS,
    work: async () => {
      await adoptLeftNotices(db, deps.rules, SWEEP_LIMIT);
      await pruneMessages(db);
    },
    logger,
    failures,
    failed: 'messages of an earlier version could not be taken over, or old ones not pruned',
  });

  return {
    start() {
      taking.start();
      sweeping.start();
    },
    async stop(graceMs) {
      const timer = setTimeout(() => breakOff.abort(), graceMs);
      await Promise.all([taking.stop(), sweeping.stop()]);
      await Promise.all(underWay);
      clearTimeout(timer);
    },
  };
}

type Route = {
  /** whether another message may be sent through it now */
  hasRoom(): boolean;
  send: Channel['send'];
  /** whether this reason differs from the last one */
  isNews(reason: string): boolean;
};

/** A channel with its circuit breaker. */
function createRoute(channel: Channel): Route {
  let inFlight = 0;
  let failures = 0;
  let openAtMs = 0;
  let lastReason: string | undefined;
  return {
    hasRoom: () => inFlight < (failures === 0 ? SIDE_BY_SIDE : 1) && performance.now() >= openAtMs,
    async send(message, signal) {
      inFlight += 1;
      try {
        const result = await channel.send(message, signal);
        if (result.outcome === 'away') {
          // A single failure may be the fault of its message.
          if (failures > 0)
            openAtMs = performance.now() + Math.min(AWAY_S.last, AWAY_S.first * 2 ** (failures - 1)) * 1_000;
          failures += 1;
        } else {
          failures = 0;
          lastReason = undefined;
        }
        return result;
      } finally {
        inFlight -= 1;
      }
    },
    isNews(reason) {
      const isNew = reason !== lastReason;
      lastReason = reason;
      return isNew;
    },
  };
}
