/** Tells the operator in the log: always on, and the only one without a mail server. */
import type { Channel, Notice } from '../domain/notice.ts';

/** @param warn a structured logger's `warn` */
export function logChannel(warn: (fields: object, message: string) => void): Channel {
  return {
    name: 'log',
    async tell(notice: Notice) {
      const { id, tenant, endpoint } = notice;
      const fields = { notice: id, tenant: tenant.id, endpoint: endpoint.id, url: endpoint.maskedUrl };
      if (notice.about === 'endpoint') {
        const { failingSince, consecutiveFailures } = notice;
        warn({ ...fields, failingSince, consecutiveFailures }, `the endpoint is ${notice.what}`);
        return;
      }
      const { total, deliveries } = notice;
      warn(
        { ...fields, deliveries: deliveries.map((delivery) => delivery.deliveryId), total },
        `${total} ${total === 1 ? 'delivery has' : 'deliveries have'} failed for good`,
      );
    },
  };
}
