/** German texts of recover and replay. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const number = new Intl.NumberFormat('de');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `mindestens ${text}` : text);

export const sendAgain: Texts['sendAgain'] = {
  titles: { recover: 'Verpasstes nachholen', replay: 'Erneut senden' },
  what: {
    recover:
      'Gesendet wird, was fehlschlug, und was gar nicht erst versucht wurde, während der Endpunkt deaktiviert war. Was Ihr Endpunkt schon erhalten hat, bleibt, wie es ist.',
    replay:
      'Ereignisse aus einem Zeitraum Ihrer Wahl werden gesendet, von einem Typ oder von allen. Wenn etwas fehlschlug, ist „Verpasstes nachholen“ der kürzere Weg.',
  },
  twice:
    'Was Ihr Endpunkt schon erhalten hat, wird ihm noch einmal gesendet, mit derselben webhook-id, an der ein Empfänger es erkennt.',
  sample: 'Die ersten davon',
  neverSent: 'noch nicht gesendet',
  more: (count, isBound) => `und ${atLeast(isBound || undefined, number.format(count))} weitere`,
  since: 'Von',
  until: 'Bis',
  sinceMissing: 'muss ein Zeitpunkt sein',
  eventType: 'Ereignistyp',
  allTypes: 'Alle',
  onlyMissing: 'Nur was nie angekommen ist',
  onlyMissingHint: 'Was fehlschlug, storniert oder nie gesendet wurde.',
  dryRun: ({ matched, among, at_least, among_at_least }) => {
    if (matched === 0) return 'Aus diesem Zeitraum würde nichts gesendet.';
    const of = atLeast(among_at_least, number.format(among));
    const would = matched === 1 && at_least !== true ? 'würde' : 'würden';
    return `${atLeast(at_least, number.format(matched))} von ${of} ${would} erneut oder erstmals gesendet.`.replace(
      /^m/,
      'M',
    );
  },
  started: plural('de', { one: 'Begonnen: # Zustellung.', other: 'Begonnen: # Zustellungen.' }),
};
