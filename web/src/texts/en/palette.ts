/** Texts of the command palette. */
import type { Schemas } from '@tidings/client';

export const palette = {
  title: 'Command palette',
  placeholder: 'Paste an id, a URL, a name, an event type',
  results: 'Results',
  pages: 'Pages and actions',
  found: 'Found',
  searching: 'Searching…',
  nothing: (q: string) => `Nothing found for “${q}”.`,
  canFind:
    'Found are tenants, endpoints, events, deliveries, operations, keys, sessions and portal sessions by id (its beginning is enough), tenants by name and external ID, endpoints by the beginning of their URL or host, events by your own id and Idempotency-Key, and event types by name.',
  deleted: 'deleted',
  deliveriesOf: (type: string) => `Deliveries of type ${type}`,
  inActivity: (id: string) => `Look for ${id} in the activity`,
  createEndpoint: 'Create endpoint',
  createTenant: 'Create tenant',
  sendEvent: 'Send an event',
  kinds: {
    tenant: 'Tenant',
    endpoint: 'Endpoint',
    event: 'Event',
    delivery: 'Delivery',
    event_type: 'Event type',
    operation: 'Operation',
    operational_event: 'Operational event',
    key: 'Key',
    session: 'Session',
    portal_session: 'Portal session',
  } satisfies Record<Schemas['SearchHit']['type'], string> as Record<Schemas['SearchHit']['type'], string>,
};
