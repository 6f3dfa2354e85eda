/** German texts of the event pages. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const deliveries = plural('de', { one: '# Zustellung', other: '# Zustellungen' });

export const events: Texts['events'] = {
  send: 'Ereignis senden',
  list: 'Liste der Ereignisse',
  event: 'Ereignis',
  eventType: 'Ereignistyp',
  happened: 'Geschehen',
  accepted: 'Angenommen',
  outcome: 'Ergebnis',
  waiting: 'Wartet',
  noDelivery: 'keine Zustellung',
  payload: 'Nutzdaten',
  erased: 'Gelöscht',
  any: 'Alle',
  searchHint: 'Id oder Idempotency-Key',
  none: 'Noch kein Ereignis',
  noneHint:
    'Ihr Code sendet Ereignisse an die API. Senden Sie eines von Hand, um zu sehen, was ein Endpunkt erhält.',
  noneMatch: 'Kein passendes Ereignis',
  noneMatchHint: 'Gesucht wird nach einer Id, ihrem Anfang oder einem ganzen Idempotency-Key.',
  clear: 'Filter löschen',

  detail: {
    title: 'Ereignis',
    back: 'Alle Ereignisse',
    payload: 'Daten des Ereignisses',
    payloadHint:
      'So, wie es angenommen wurde. Den ganzen Rumpf, den ein Endpunkt bekommt, zeigt die Seite der Zustellung: Der Vertrag legt Typ und Zeit um diese Daten.',
    erasedAt: (at) => `Nutzdaten gelöscht: ${at}. Das Log der Zustellungen bleibt.`,
    deliveries: 'Zustellungen dieses Ereignisses',
    noDeliveries: 'Kein Endpunkt hat es bekommen. Der nächste Abschnitt sagt, warum.',
    noEndpoints: 'Kein Endpunkt hat es erhalten, weil es keinen gab.',
    missed: 'Wer nichts erhalten hat, und warum',
    nobodyMissed: 'Jeder Endpunkt hat es erhalten, oder es ist unterwegs.',
    endpoint: 'Endpunkt',
    delivery: 'Zustellung',
    status: 'Status',
    why: 'Warum',
    since: 'Seit',
    whoChangedIt: 'Wer ihn geändert hat',
    helps: 'Was hilft',
    replayTitle: 'Dieses Ereignis an diesen Endpunkt senden?',
    replayAsks: (event, endpoint) =>
      `Das Ereignis ${event} wird an ${endpoint} gesendet, an keinen anderen Endpunkt.`,
    replayNothing:
      'So wie es steht, würde nichts gesendet: Der Endpunkt hat es inzwischen erhalten, oder es ist unterwegs.',
    replayStarted: 'Das Ereignis wird an den Endpunkt gesendet.',
    missedHelp:
      '„An diesen Endpunkt erneut senden“ sendet dieses Ereignis an diesen einen Endpunkt. „Geändert erneut senden“ macht ein neues Ereignis, das jeder Endpunkt erhält, der es abonniert hat.',
    replay: 'An diesen Endpunkt erneut senden',
    obstacle: {
      test: 'Nichts ist zu tun: Es war ein Test eines anderen Endpunkts.',
      erased: 'Die Nutzdaten sind gelöscht: Senden Sie es neu.',
      deleted: 'Nichts: Der Endpunkt ist gelöscht.',
      not_subscribed: 'Der Endpunkt hört nicht auf diesen Typ. Nehmen Sie ihn auf, dann senden Sie erneut.',
      disabled: 'Der Endpunkt ist deaktiviert. Aktivieren Sie ihn, dann senden Sie erneut.',
    },
    copy: 'Geändert erneut senden',
    erase: 'Nutzdaten löschen',
    eraseAsks: (id) =>
      `Die Daten von ${id} und die Antworten der Empfänger werden endgültig gelöscht, und noch wartende Zustellungen davon werden storniert. Dass etwas gesendet wurde, wann und mit welchem Ergebnis, bleibt im Log.`,
    eraseDone: 'Die Nutzdaten sind gelöscht.',
    reason: {
      test: 'Test eines anderen Endpunkts',
      created_later: 'Später erstellt',
      deleted: 'Gelöscht',
      disabled: 'Deaktiviert',
      not_subscribed: 'Hat diesen Typ nicht abonniert',
      erased: 'Nutzdaten gelöscht',
      failed: 'Fehlgeschlagen',
      cancelled: 'Storniert',
      unknown: 'Nicht bekannt',
    },
  },

  compose: {
    type: 'Ereignistyp',
    choose: 'Ereignistyp wählen',
    other: 'Anderer Typ…',
    otherName: 'Name des Typs',
    otherHint: 'Buchstaben, Ziffern und Unterstriche, durch Punkte getrennt: invoice.paid',
    ofContract: 'Aus dem Vertrag',
    own: 'Eigene Typen',
    data: 'Daten',
    format: 'Formatieren',
    example: 'Beispiel einfügen',
    schema: 'Schema',
    key: 'Idempotency-Key',
    keyHint:
      'Ein zweites Ereignis mit demselben Schlüssel wird nicht gesendet. Behalten Sie ihn bei, wenn Sie nicht sicher sind, ob das erste angekommen ist.',
    submit: 'Senden',
    copied: (id) => `Aus ${id} übernommen. Was Sie senden, ist ein neues Ereignis.`,
    place: (line, column) => `Zeile ${line}, Spalte ${column}`,
    expected: {
      value: 'hier wird ein Wert erwartet',
      name: 'hier wird ein Name in doppelten Anführungszeichen erwartet',
      colon: 'hier wird ein Doppelpunkt erwartet',
      'comma-or-end': 'hier wird ein Komma oder die schließende Klammer erwartet',
      end: 'nach dem Wert wird nichts mehr erwartet',
      string: 'dieser Text endet nicht oder enthält ein Zeichen, das maskiert werden muss',
    },
    goTo: 'Zeigen',
    sent: (count) =>
      count === 0 ? 'Angenommen. Kein Endpunkt erhält es.' : `Angenommen: ${deliveries(count)}.`,
    sentTitle: 'Gesendet',
    sentHint: 'Es ist unterwegs. Jede Zeile ändert sich von selbst.',
    open: 'Ereignis öffnen',
    nobody: 'Kein Endpunkt hat diesen Typ abonniert, oder es gibt noch keinen.',
  },
};
