/** German texts of the endpoint pages. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const missed = plural('de', { one: '# Ereignis', other: '# Ereignisse' });

export const endpoints: Texts['endpoints'] = {
  endpoint: 'Endpunkt',
  health: 'Zustand',
  created: 'Erstellt',
  create: 'Endpunkt erstellen',
  none: 'Noch kein Endpunkt',
  noneHint:
    'Ein Endpunkt ist eine URL von Ihnen, die die Ereignisse erhält. Erstellen Sie einen, und ein Testereignis zeigt sofort, ob er funktioniert.',
  allTypes: 'alle',
  types: plural('de', { one: '# Typ', other: '# Typen' }),
  healthy: 'In Ordnung',
  failing: 'Gestört',
  inARowSince: (at: string) => `seit ${at}`,
  failures: plural('de', { one: '# Fehlschlag in Folge', other: '# Fehlschläge in Folge' }),
  stalled: 'Ruht',
  disabled: 'Deaktiviert',
  unreadable: 'Geheimnisse nicht lesbar',
  disabledReason: {
    manual: 'auf Anforderung',
    gone: 'hat mit 410 Gone geantwortet',
    failing: 'war zu lange gestört',
  },

  new: 'Neuer Endpunkt',
  saveAndTest: 'Speichern und testen',
  room: (contract, most, count) =>
    `Der Vertrag „${contract}“ erlaubt ${most === 1 ? 'einen Endpunkt' : `bis zu ${most} Endpunkte`}. ${count === 0 ? 'Noch gibt es keinen.' : count === 1 ? 'Einen gibt es schon.' : `Es gibt schon ${count}.`}`,
  full: 'Ein weiterer wird abgelehnt. Ändern Sie einen vorhandenen, oder löschen Sie ihn zuerst.',

  tabs: {
    deliveries: 'Zustellungen',
    health: 'Zustand',
    settings: 'Einstellungen',
    verify: 'Selbst prüfen',
  },
  eventType: 'Ereignistyp',
  sendTest: 'Testereignis senden',
  test: 'Testereignis',
  testing: 'Testereignis wird gesendet…',
  isTest: 'Test',
  underWay: 'Noch keine Antwort. Sie erscheint hier, sobald sie kommt.',
  answered: (status, duration) => `Ihr Endpunkt hat nach ${duration} mit ${status} geantwortet.`,
  openTest: 'Im Log öffnen',
  enable: 'Aktivieren',
  enabledNow: 'Aktiviert. Neue Ereignisse werden ab jetzt an ihn gesendet.',
  missed: (count, isBound) =>
    `Er hat ${isBound ? 'mindestens ' : ''}${missed(count)} verpasst: endgültig fehlgeschlagen, oder während er deaktiviert war.`,
  missedSince: 'Das erste ist von',
  dismissMissed: 'Auf sich beruhen lassen',
  disable: 'Deaktivieren',
  disableTitle: 'Diesen Endpunkt deaktivieren?',
  disableWhat:
    'Bis er wieder aktiviert wird, bekommt er nur Test-Ereignisse. Ereignisse, die inzwischen angenommen werden, bleiben erhalten: „Nachholen“ sendet sie.',
  disableWaiting: plural('de', {
    one: '# Zustellung, die auf ihn wartet, schlägt mit „deaktiviert“ fehl. „Nachholen“ sendet sie erneut.',
    other:
      '# Zustellungen, die auf ihn warten, schlagen mit „deaktiviert“ fehl. „Nachholen“ sendet sie erneut.',
  }),
  disableNote: 'Grund',
  disableNoteHint: 'Er wird allen gezeigt, die diesen Endpunkt sehen können.',
  disabledNote: 'Angegebener Grund:',
  disabledNow: 'Deaktiviert. Er bekommt nur noch Test-Ereignisse.',
  disabledNotice: {
    manual:
      'Dieser Endpunkt wurde über die API oder diese Seiten deaktiviert. Er bekommt nur Test-Ereignisse. Aktivieren Sie ihn, dann lässt sich nachholen, was er verpasst hat.',
    gone: 'Dieser Endpunkt hat mit 410 Gone geantwortet, also um keine weiteren Zustellungen gebeten. Darum wurde er deaktiviert. War das ein Irrtum, aktivieren Sie ihn und holen Sie nach, was er verpasst hat.',
    failing:
      'Dieser Endpunkt wurde deaktiviert, weil zu lange alles fehlschlug, was an ihn gesendet wurde. Reparieren Sie den Empfänger, senden Sie ein Testereignis, aktivieren Sie den Endpunkt und holen Sie nach, was er verpasst hat.',
  },
  unreadableNotice:
    'An diesen Endpunkt kann nichts gesendet werden, weil seine Geheimnisse nicht lesbar sind. Der Betreiber dieses Dienstes muss den Schlüssel zurückholen, mit dem sie verschlüsselt wurden; ist er verloren, löschen Sie den Endpunkt und legen Sie ihn neu an.',
  actsHint:
    '„Nachholen“ sendet, was endgültig fehlschlug oder verpasst wurde. „Erneut senden“ sendet Ereignisse eines Zeitraums Ihrer Wahl. Eine einzelne Zustellung wird auf ihrer Seite wiederholt.',
  recover: 'Nachholen',
  replay: 'Erneut senden',
  delete: 'Löschen',
  deleteTitle: 'Diesen Endpunkt löschen?',
  deleteWhat:
    'Es wird nichts mehr an ihn gesendet, und er lässt sich nicht wiederherstellen. Seine Zustellungen bleiben im Log, bis sie alt sind.',
  deleteWaiting: plural('de', {
    one: '# Zustellung, die auf ihn wartet, schlägt fehl und wird nicht gesendet.',
    other: '# Zustellungen, die auf ihn warten, schlagen fehl und werden nicht gesendet.',
  }),
  deletedNow: 'Der Endpunkt ist gelöscht.',

  rotate: 'Geheimnis rotieren',
  rotateTitle: 'Geheimnis rotieren',
  rotateOverlaps:
    'Ein neues Geheimnis signiert ab der nächsten Zustellung. Eine Zeit lang signiert das alte mit, damit nichts abgelehnt wird, bis Ihr Empfänger das neue kennt.',
  rotateAtOnce:
    'Ein neues Geheimnis signiert ab der nächsten Zustellung anstelle des alten: Dieser Vertrag hat nur eine Signatur. Ihr Empfänger lehnt Zustellungen ab, bis er das neue Geheimnis kennt, und sie werden wiederholt.',
  overlap: 'Das alte Geheimnis signiert noch mit',
  overlaps: {
    0: 'gar nicht: das neue gilt sofort allein',
    3600: 'eine Stunde',
    86400: 'einen Tag',
    604800: 'sieben Tage',
  },
  rotatedNow: 'Das Geheimnis ist rotiert.',
  reveal: 'Geheimnis anzeigen',
  noSecret:
    'Dieser Endpunkt hat kein Geheimnis: Seine Zustellungen sind nicht signiert. Rotieren Sie das Geheimnis, um ihm eines zu geben.',
  secretTitles: {
    created: 'Signaturgeheimnis',
    revealed: 'Signaturgeheimnis',
    rotated: 'Neues Signaturgeheimnis',
  },
  secretOnce:
    'Es wird nur einmal angezeigt. Kopieren Sie es jetzt, und bewahren Sie es dort auf, wo Ihr Empfänger seine anderen Geheimnisse liest. Ihr Empfänger prüft damit, ob eine Zustellung von hier kommt.',
  secretRevealed:
    'Wer es hat, kann Zustellungen fälschen, die echt aussehen. Im Aktivitätslog steht, dass Sie es angesehen haben.',
  rotatedAtOnce: 'Es signiert ab der nächsten Zustellung. Das alte wird nicht mehr verwendet.',
  rotatedOverlap:
    'Jede Zustellung trägt zwei Signaturen, die des neuen und die des alten Geheimnisses, und zwar bis',
  rotatedOverlapEnd: (header) =>
    `. Beide stehen im Header ${header}, die neueste zuerst: Dem Empfänger genügt eine, die passt. Geben Sie Ihrem Empfänger das neue Geheimnis vor diesem Zeitpunkt.`,
  howToVerify: 'So prüfen Sie damit eine Zustellung',
  hideSecret: 'Geheimnis verbergen',

  status: 'Status',
  answer: 'Ergebnis',
  attempts: 'Versuche',
  accepted: 'Angenommen',
  noDeliveries: 'Noch keine Zustellungen',
  noDeliveriesHint:
    'Senden Sie ein Testereignis: Es erscheint hier mit allem, was gesendet wurde und was zurückkam.',
  filterDeliveries: 'Unter Zustellungen öffnen und filtern',

  failingSince: 'Gestört seit',
  inARow: 'Fehlschläge in Folge',
  disablesAt: 'Deaktivierung, falls bis dahin nichts gelingt',
  disabledAt: 'Deaktiviert',
  stalledSince: 'Ruht seit',
  stalledHint:
    'Nach diesem Vertrag wird nach einer endgültig fehlgeschlagenen Zustellung nichts mehr gesendet, bis ein neues Ereignis eintrifft.',
  counts: 'Zustellungen',
  successRate: 'Anteil der erfolgreichen an den beendeten',
  errors: 'Nach dem letzten Fehler',
  countedSince: 'Gezählt ab',
  told: 'Betriebsereignisse',
  wholeHistory: 'Ganzer Verlauf',
  history: 'Verlauf',
  toldNothing:
    'Kein Betriebsereignis: Es war keine Warnung fällig, Tidings hat ihn nicht deaktiviert, und kein letzter Versuch ist fehlgeschlagen.',
  contacts: 'Wer benachrichtigt wird',
  noContacts:
    'Niemand: Dieser Mandant hat keine Kontakte. Fügen Sie unter „Einstellungen“ einen hinzu, damit Warnungen jemanden erreichen.',
  contactStates: {
    verified: 'erhält Nachrichten',
    pending: 'erhält nichts, bevor der Link in der E-Mail geöffnet wurde',
    unsubscribed: 'hat sich abgemeldet',
    undeliverable: 'wird vom eigenen Mailserver abgelehnt',
  },
  operationalEvents: {
    'endpoint.failing': ({ percent }) =>
      `Gewarnt: ${percent} % der Zeit bis zur Deaktivierung sind verstrichen`,
    'endpoint.disabled': () => 'Deaktiviert',
    'endpoint.recovered': () => 'Funktioniert wieder',
    'delivery.exhausted': () => 'Der letzte Versuch einer Zustellung schlug fehl',
    'delivery.unsendable': () => 'Eine Zustellung konnte nicht erzeugt werden',
    'secret.rotated': () => 'Das Geheimnis wurde rotiert',
    'operation.failed': () => 'Ein Vorgang ist fehlgeschlagen',
    'contact.undeliverable': () => 'Ein Kontakt war nicht erreichbar',
  },

  updated: 'Geändert',
  readOnly: 'Sie dürfen diesen Endpunkt ansehen, aber nicht ändern.',
  saved: 'Gespeichert. Die Änderung gilt ab dem nächsten Versuch.',
  discard: 'Änderungen verwerfen',
  publicKey: 'Öffentlicher Schlüssel',
};
