/** German texts of the list of tenants, and of the form that makes one. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

export const tenants: Texts['tenants'] = {
  tenant: 'Mandant',
  state: 'Zustand',
  contract: 'Vertrag',
  sent: 'Versuche, 24\u00a0h',
  failed: 'davon fehlgeschlagen',
  standing: 'Unzugestellt, 24\u00a0h',
  standingHint: 'Zustellungen der letzten 24 Stunden, die als fehlgeschlagen stehen',
  created: 'Erstellt',
  create: 'Mandant erstellen',
  createTitle: 'Mandant erstellen',
  searchHint: 'Name oder externe ID',
  none: 'Noch kein Mandant',
  noneHint:
    'Ein Mandant ist ein Kunde Ihres Produkts: eine Organisation, eine Schule, ein Unternehmen. Er hat eigene Endpunkte, Ereignisse und Schlüssel und einen Vertrag, der festlegt, wie seine Webhooks aussehen. Erstellen Sie den ersten, und geben Sie ihm dann einen Endpunkt.',
  noneFound: (q) => `Kein Mandant passt zu „${q}“`,
  noneFoundHint: 'Einen Mandanten findet man über Namen, externe ID oder den Anfang der Id.',
  showAll: 'Alle Mandanten anzeigen',
  noEndpoint: 'Kein Endpunkt',
  healthy: 'Endpunkte in Ordnung',
  failing: plural('de', { one: '# Endpunkt gestört', other: '# Endpunkte gestört' }),
  disabled: plural('de', { one: '# Endpunkt deaktiviert', other: '# Endpunkte deaktiviert' }),
  share: (text) => `${text} von allen`,

  name: 'Name',
  nameHint: 'So wird dieser Kunde genannt, hier und in E-Mails.',
  profile: 'Profil',
  externalId: 'Externe ID',
  externalIdHint:
    'Ihre eigene Id für diesen Kunden. Sie gilt überall, wo die Id des Mandanten gilt, und Empfänger können sie sehen.',
  contacts: 'Kontakte',
  contactsHint:
    'E-Mail-Adressen, eine pro Zeile. Sie werden benachrichtigt, wenn Zustellungen endgültig fehlschlagen.',
  created_: (name) => `Mandant ${name} erstellt. Als Nächstes braucht er einen Endpunkt.`,
  sourceOf: 'Quelle',
  typesAny: 'Nimmt jeden Ereignistyp an',
  typesListed: plural('de', { one: 'Nimmt # Ereignistyp an', other: 'Nimmt # Ereignistypen an' }),
  endpointsMost: plural('de', {
    one: 'ein Endpunkt je Mandant',
    other: 'bis zu # Endpunkte je Mandant',
  }),
  httpsOnly: 'nur https',
  signed: {
    always: 'jede Anfrage ist signiert',
    chosen: 'Anfragen sind signiert, wenn der Endpunkt ein Geheimnis hat',
    never: 'Anfragen sind nicht signiert',
  },
  retries: (times, over) => `${times} wiederholt, verteilt über ${over}`,
  times: plural('de', { one: 'einmal', other: '#-mal' }),
  notRetried: 'keine Wiederholungen',
};
