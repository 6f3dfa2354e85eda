/** German texts of recover and replay. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const number = new Intl.NumberFormat('de');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `mindestens ${text}` : text);

export const sendAgain: Texts['sendAgain'] = {
  titles: { recover: 'Verpasstes nachholen', replay: 'Erneut senden' },
  what: {
    recover:
      'Was fehlschlug, und was gar nicht erst versucht wurde, während der Endpunkt deaktiviert war, wird erneut gesendet.',
    replay:
      'Alles aus dem gewählten Zeitraum wird erneut gesendet, auch was Ihr Endpunkt schon erhalten hat. Eine solche Zustellung trägt dieselbe webhook-id, an der ein Empfänger sie erkennt.',
  },
  since: 'Von',
  until: 'Bis',
  sinceMissing: 'muss ein Zeitpunkt sein',
  eventType: 'Ereignistyp',
  allTypes: 'Alle',
  onlyMissing: 'Nur was nie angekommen ist',
  onlyMissingHint: 'Was fehlschlug, storniert oder nie gesendet wurde.',
  dryRun: ({ matched, among, at_least, among_at_least }) => {
    if (matched === 0) return 'Aus diesem Zeitraum würde nichts erneut gesendet.';
    const of = atLeast(among_at_least, number.format(among));
    const would = matched === 1 && at_least !== true ? 'würde' : 'würden';
    return `${atLeast(at_least, number.format(matched))} von ${of} ${would} erneut gesendet.`.replace(
      /^m/,
      'M',
    );
  },
  started: plural('de', {
    one: '# Zustellung wird erneut gesendet.',
    other: '# Zustellungen werden erneut gesendet.',
  }),
};
