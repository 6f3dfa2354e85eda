/** What Tidings itself has to say: to the operator, through the API and the operator's endpoint; some of it to people. */

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
