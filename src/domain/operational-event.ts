/**
 * Types of operational events, which Tidings reports to the operator through the API and the operator's endpoint; some also become
 * notifications.
 */

export const OPERATIONAL_EVENT_TYPES = [
  'delivery.exhausted',
  'delivery.unsendable',
  'endpoint.failing',
  'endpoint.disabled',
  'endpoint.recovered',
  'operation.failed',
  'secret.rotated',
  'contact.undeliverable',
] as const;

export type OperationalEventType = (typeof OPERATIONAL_EVENT_TYPES)[number];
