/** Notifications of this process: its channels, the rules for messages, and the message sender. */
import { createChannels } from '../channels/index.ts';
import type { Environment } from '../config/environment.ts';
import type { Sender } from '../http/send.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ContactLinks } from '../store/contact-links.ts';
import type { MessageBounds } from '../store/message-counts.ts';
import type { NotificationRules } from '../store/notifications.ts';
import type { Db } from '../store/pool.ts';
import { createMessageSender, type MessageSender } from './message-sender.ts';

export type Notifications = { rules: NotificationRules; messageSender: MessageSender };

/** @param deps.publicUrl base URL of the API for people, without a trailing slash */
export function createNotifications(deps: {
  environment: Environment;
  db: Db;
  links: ContactLinks;
  sender: Pick<Sender, 'send'>;
  /** PEM of the authorities that channels trust for TLS; undefined: Node's */
  authorities: readonly string[] | undefined;
  publicUrl: () => string;
  metrics: Pick<Metrics, 'notices' | 'taskFailures'>;
  logger: Logger;
}): Notifications {
  const { environment: env, db, links, publicUrl, metrics, logger } = deps;
  const channels = createChannels(env, {
    warn: (fields, message) => logger.warn(fields, message),
    authorities: deps.authorities,
    publicUrl,
    // Pages stand at the root of a host.
    dashboardUrl: () =>
      env.TIDINGS_PAGES === 'on' && new URL(publicUrl()).pathname === '/' ? `${publicUrl()}/dashboard` : null,
    async post(request) {
      const sent = await deps.sender.send(request);
      if ('fault' in sent) return { failure: sent.fault };
      return sent.response ?? { failure: sent.error?.message ?? '' };
    },
  });
  const rules = { channels, intervalMs: env.TIDINGS_NOTICE_INTERVAL_S * 1000 };
  const bounds = messageBounds(env);
  return {
    rules,
    messageSender: createMessageSender({
      ...{ db, channels, links, publicUrl, bounds, rules, metrics, logger },
      disableAfterMs: env.TIDINGS_DISABLE_AFTER_S * 1000,
    }),
  };
}

export function messageBounds(env: Environment): MessageBounds {
  return {
    perAddress: env.TIDINGS_ADDRESS_MAILS_PER_HOUR,
    perTenant: env.TIDINGS_TENANT_MAILS_PER_HOUR,
    linksPerAddress: env.TIDINGS_ADDRESS_LINKS_PER_DAY,
    linksPerTenant: env.TIDINGS_TENANT_LINKS_PER_DAY,
  };
}
