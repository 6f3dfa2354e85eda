/** Messages of a tenant's stream, as server-sent events. */

import { hasDuration } from '../../domain/errors.ts';
import type { Change } from '../../store/changes.ts';
import { presentOperation } from '../operations.ts';
import { presentDelivery } from './delivery.ts';

/** `data` is JSON: the thing as it is now, without secrets. */
export type StreamMessage = { event: string; data: object };

/** What the stream says, for its documentation. */
export const STREAM_EVENTS = {
  'stream.ready': 'everything that is committed from now on is told. What you show, load it now',
  'stream.reset': 'something may have been missed: load what you show anew',
  'stream.end':
    'the server ends the stream. `reason`: `signed_out` (the key or session has ended), `gone` (the tenant), `shutdown`',
  'delivery.created': 'a delivery, as in lists',
  'delivery.updated':
    'a delivery, as in lists, after an attempt or after somebody did something to it (`reason`)',
  'attempt.recorded': 'an attempt: `delivery_id`, `number`, `trigger`, `response_status`, `error_code` …',
  'endpoint.updated':
    'an endpoint: `id`, `enabled`, `disabled_reason`, `deleted`, and what happened (`reason`)',
  'operation.updated': 'an operation and its progress, as from `GET /v1/operations/:id`',
} as const;

/** The messages that tell of a change. */
export function messagesOf(change: Change): StreamMessage[] {
  switch (change.kind) {
    case 'created':
      return [{ event: 'delivery.created', data: presentDelivery(change.delivery) }];
    case 'delivery':
      return [deliveryUpdated(change)];
    case 'attempt':
      return [
        {
          event: 'attempt.recorded',
          data: {
            delivery_id: change.delivery.id,
            endpoint_id: change.delivery.endpointId,
            number: change.number,
            trigger: change.trigger,
            started_at: change.startedAt.toISOString(),
            duration_ms: hasDuration(change.errorCode) ? change.durationMs : null,
            response_status: change.responseStatus,
            error_code: change.errorCode,
          },
        },
        deliveryUpdated({ delivery: change.delivery, reason: 'attempt.recorded' }),
      ];
    case 'endpoint': {
      const { id, enabled, disabledReason, deleted } = change.endpoint;
      const data = { id, enabled, disabled_reason: disabledReason, deleted, reason: change.reason };
      return [{ event: 'endpoint.updated', data }];
    }
    case 'operation':
      return [{ event: 'operation.updated', data: presentOperation(change.operation) }];
  }
}

const deliveryUpdated = ({
  delivery,
  reason,
}: Pick<Extract<Change, { kind: 'delivery' }>, 'delivery' | 'reason'>) => ({
  event: 'delivery.updated',
  data: { ...presentDelivery(delivery), reason },
});

/** @param id where a stream that is cut goes on; absent: this message moves it not */
export function asServerSentEvent({ event, data }: StreamMessage, id?: number): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
