/**
 * Writes messages for the operator to the log: always on, and the only channel where no mail server is configured. It logs ids
 * alone, for a log cannot be erased.
 */
import type { EndpointChange } from '../domain/notification.ts';
import { channelFile } from './channel.ts';

// In the past: by now it may have changed again.
const HAPPENED: Record<EndpointChange['what'], string> = {
  failing: 'an endpoint kept failing',
  disabled: 'an endpoint was switched off',
  recovered: 'an endpoint worked again',
};

export const log = channelFile({
  name: 'log',
  description: 'Writes to the log what the operator must know: always on. It names ids alone.',
  audience: 'operator',
  variables: {},
  create: (_settings, { warn }) => ({
    async send(message) {
      if (message.about !== 'endpoint') return { outcome: 'sent' };
      const { id, tenant, endpoint, changes, changesTotal, deliveries, total } = message;
      const fields = { notice: id, tenant: tenant.id, endpoint: endpoint.id };
      for (const { what, at, failingSince, consecutiveFailures } of changes.slice(-1)) {
        const more = changesTotal > 1 ? { changes: changesTotal } : {};
        warn({ ...fields, at, failingSince, consecutiveFailures, ...more }, HAPPENED[what]);
      }
      if (total > 0) {
        warn(
          { ...fields, deliveries: deliveries.map((delivery) => delivery.deliveryId), total },
          `${total} ${total === 1 ? 'delivery has' : 'deliveries have'} failed for good`,
        );
      }
      return { outcome: 'sent' };
    },
  }),
  trial: () => ({}),
});
