/** Tells the operator in the log: always on, and the only one without a mail server. */
import type { Channel, Notice } from '../domain/notice.ts';

/** @param warn a structured logger's `warn` */
export function logChannel(warn: (fields: object, message: string) => void): Channel {
  return {
    name: 'log',
    async tell(notice: Notice) {
      warn(
        {
          notice: notice.id,
          tenant: notice.tenant.id,
          endpoint: notice.endpoint.id,
          url: notice.endpoint.maskedUrl,
          deliveries: notice.deliveries.map((delivery) => delivery.deliveryId),
          total: notice.total,
        },
        `${notice.total} ${notice.total === 1 ? 'delivery has' : 'deliveries have'} failed for good`,
      );
    },
  };
}
