/** Texts of recover and replay. */
import type { Schemas } from '@tidings/client';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('en', { one, other });
const number = new Intl.NumberFormat('en');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `at least ${text}` : text);

export const sendAgain = {
  titles: { recover: 'Recover what was missed', replay: 'Replay' },
  what: {
    recover:
      'What failed, and what was not even tried while the endpoint was disabled, is sent. What your endpoint has got already is left alone.',
    replay:
      'Events of a time that you choose are sent, of one type or of all. Recover is the shorter way when something failed.',
  },
  twice:
    'What your endpoint has got already is sent to it once more, with the same webhook-id, by which a receiver knows it.',
  sample: 'The first of them',
  neverSent: 'not sent yet',
  more: (count: number, isBound: boolean) =>
    `and ${atLeast(isBound || undefined, number.format(count))} more`,
  since: 'Since',
  until: 'Until',
  sinceMissing: 'must be a time',
  eventType: 'Event type',
  allTypes: 'All',
  onlyMissing: 'Only what it never got',
  onlyMissingHint: 'What failed, was cancelled, or was never sent.',
  dryRun: ({ matched, among, at_least, among_at_least }: Schemas['DryRun']): string => {
    if (matched === 0) return 'Nothing of this time would be sent.';
    const of = atLeast(among_at_least, number.format(among));
    return `${atLeast(at_least, number.format(matched))} of ${of} would be sent again, or for the first time.`.replace(
      /^a/,
      'A',
    );
  },
  started: count('Started: # delivery.', 'Started: # deliveries.'),
};
