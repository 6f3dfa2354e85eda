/** German words that several pages share. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('de', { one, other });

export const common: Texts['common'] = {
  copy: 'Kopieren',
  copied: 'Kopiert.',
  cancel: 'Abbrechen',
  close: 'Schließen',
  confirm: 'Bestätigen',
  save: 'Speichern',
  search: 'Suchen',
  loading: 'Wird geladen…',
  loadMore: 'Mehr laden',
  tryAgain: 'Erneut versuchen',
  form: {
    refused: 'Noch nicht erledigt: Was nicht stimmt, steht oben am markierten Feld.',
    optional: 'optional',
  },
  none: 'keine',
  never: 'nie',
  deleted: 'gelöscht',
  unknown: 'nicht bekannt',
  yes: 'ja',
  no: 'nein',
  formatted: 'Formatiert',
  raw: 'Original',
  empty: 'leer',
  requestId: (id) => `Anfrage ${id}`,
  somethingWrong: 'Das hat nicht geklappt',
  fieldsRefused: count(
    'Ein Feld wurde abgelehnt. Der Grund steht darunter.',
    '# Felder wurden abgelehnt. Der Grund steht jeweils darunter.',
  ),
  bytes: count('# Byte', '# Byte'),
  deliveries: count('# Zustellung', '# Zustellungen'),
  events: count('# Ereignis', '# Ereignisse'),
  endpoints: count('# Endpunkt', '# Endpunkte'),
  attempts: count('# Versuch', '# Versuche'),
  atLeast: (text) => `mindestens ${text}`,
  inTime: (text) => `in ${text}`,
  now: 'jetzt',
  status: {
    pending: 'Ausstehend',
    delivering: 'Wird gesendet',
    retrying: 'Wird wiederholt',
    held: 'Zurückgehalten',
    succeeded: 'Erfolgreich',
    failed: 'Fehlgeschlagen',
    cancelled: 'Storniert',
  },
  held: {
    ordered: 'wegen der Reihenfolge – der Endpunkt erhält seine Ereignisse nacheinander',
    rate_limited: 'wegen des Ratenlimits des Endpunkts',
    stalled: 'weil der Endpunkt ruht, bis ein neues Ereignis für ihn eintrifft',
  },
  trigger: {
    schedule: 'Planmäßig',
    manual: 'Von Hand',
    recovery: 'Nachgeholt oder erneut gesendet',
    test: 'Test',
  },
};
