/** German texts of the command palette. */
import type { Texts } from '../index.ts';

export const palette: Texts['palette'] = {
  title: 'Befehlspalette',
  placeholder: 'Id, URL, Namen oder Ereignistyp einfügen',
  results: 'Ergebnisse',
  pages: 'Seiten und Aktionen',
  found: 'Gefunden',
  searching: 'Wird gesucht…',
  nothing: (q) => `Nichts gefunden für „${q}“.`,
  canFind:
    'Gefunden werden Mandanten, Endpunkte, Ereignisse, Zustellungen, Vorgänge, Schlüssel, Sitzungen und Portal-Sitzungen anhand der Id (ihr Anfang genügt), Mandanten anhand von Name und externer ID, Endpunkte anhand des Anfangs von URL oder Host, Ereignisse anhand Ihrer eigenen Id und des Idempotency-Key sowie Ereignistypen anhand des Namens.',
  deleted: 'gelöscht',
  deliveriesOf: (type) => `Zustellungen vom Typ ${type}`,
  inActivity: (id) => `${id} in der Aktivität suchen`,
  createEndpoint: 'Endpunkt erstellen',
  createTenant: 'Mandant erstellen',
  sendEvent: 'Ereignis senden',
  kinds: {
    tenant: 'Mandant',
    endpoint: 'Endpunkt',
    event: 'Ereignis',
    delivery: 'Zustellung',
    event_type: 'Ereignistyp',
    operation: 'Vorgang',
    operational_event: 'Betriebsereignis',
    key: 'Schlüssel',
    session: 'Sitzung',
    portal_session: 'Portal-Sitzung',
  },
};
