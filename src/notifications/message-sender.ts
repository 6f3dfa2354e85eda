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
} from '../store/messages.ts';
import { adoptLeftNotices, type NotificationRules } from '../store/notifications.ts';
import { type Db, isDatabaseAway } from '../store/pool.ts';
import { type ChannelRoute, createChannelRoute } from './channel-route.ts';
import { createOutcomeApplier } from './message-outcome.ts';

export type MessageSender = {
  start(): void;
  /** Takes no more messages. Those in flight are aborted after `graceMs`; another process sends them again as the same message. */
  stop(graceMs: number): Promise<void>;
};

const POLL_MS = 500;
const SWEEP_MS = 60_000;
const SWEEP_LIMIT = 100;

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
  /** how long an endpoint may fail until it is switched off, unless its tenant has a time of its own */
  disableAfterMs: number;
  metrics: Pick<Metrics, 'notices' | 'taskFailures'>;
  logger: Logger;
}): MessageSender {
  const { db, channels, links, logger } = deps;
  const routes = new Map(channels.map((channel) => [channel.name, createChannelRoute(channel)]));
  for (const channel of routes.keys())
    for (const result of new Set(Object.values(RESULTS))) deps.metrics.notices.inc({ channel, result }, 0);
  const underWay = new Set<Promise<void>>();
  const breakOff = new AbortController();
  const applyOutcome = createOutcomeApplier({ db, logger, isStopping: () => breakOff.signal.aborted });

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
      const { bounds, disableAfterMs } = deps;
      return await beginMessage(db, due, { bounds, intervalMs: deps.rules.intervalMs, disableAfterMs });
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
    const route = routes.get(due.channel) as ChannelRoute;
    const result = await route.send(composeMessage(begun, links, deps.publicUrl), breakOff.signal);
    deps.metrics.notices.inc({ channel: due.channel, result: RESULTS[result.outcome] });
    // An outcome that is not recorded makes the message go out again.
    for (let tries = CONCLUDE_TRIES; ; tries -= 1) {
      try {
        return await applyOutcome(due, begun, result, route);
      } catch (error) {
        if (tries === 0 || breakOff.signal.aborted || !isDatabaseAway(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, CONCLUDE_RETRY_MS));
      }
    }
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

function composeMessage(begun: BegunMessage, links: ContactLinks, publicUrl: () => string): TidingsMessage {
  const { id, tenant, contact } = begun;
  const page = (name: string, token: string) => `${publicUrl()}/contacts/${name}/${token}`;
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
