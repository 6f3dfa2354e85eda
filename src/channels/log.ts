/**
 * Writes messages for the operator to the log: always on, and the only channel where no mail server is configured. It logs ids
 * alone, for a log cannot be erased.
 */
import type { Channel } from '../domain/notification.ts';

/** @param warn a structured logger's `warn` */
export function logChannel(warn: (fields: object, message: string) => void): Channel {
  return {
    name: 'log',
    audience: 'operator',
    async send(message) {
      if (message.about !== 'endpoint') return { outcome: 'sent' };
      const { id, tenant, endpoint, changes, changesTotal, deliveries, total } = message;
      const fields = { notice: id, tenant: tenant.id, endpoint: endpoint.id };
      for (const { what, failingSince, consecutiveFailures } of changes.slice(-1)) {
        const more = changesTotal > 1 ? { changes: changesTotal } : {};
        warn({ ...fields, failingSince, consecutiveFailures, ...more }, `the endpoint is ${what}`);
      }
      if (total > 0) {
        warn(
          { ...fields, deliveries: deliveries.map((delivery) => delivery.deliveryId), total },
          `${total} ${total === 1 ? 'delivery has' : 'deliveries have'} failed for good`,
        );
      }
      return { outcome: 'sent' };
    },
  };
}
