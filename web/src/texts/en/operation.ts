/** Texts of operations: what is done with many deliveries at once. */
import type { Schemas } from '@tidings/client';
import { plural } from '../plural.ts';

type Operation = Schemas['Operation'];

const count = (one: string, other: string) => plural('en', { one, other });
const deliveries = count('# delivery', '# deliveries');
const number = new Intl.NumberFormat('en');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `at least ${text}` : text);

export const operation = {
  titles: {
    recover: 'Recovering what was missed',
    replay: 'Sending again',
    bulk_retry: 'Retrying',
    bulk_cancel: 'Cancelling',
    erase: 'Erasing payloads',
  } as Record<Operation['kind'], string>,
  progress: 'Progress',
  stop: 'Stop',
  said: ({ status, done, failed, matched, at_least }: Operation): string => {
    const numbers = `${number.format(done)} done, ${number.format(failed)} failed, of ${atLeast(at_least, deliveries(matched))}`;
    if (status === 'running') return `${numbers}.`;
    if (status === 'cancelled') return `Stopped. ${numbers}. Those that were started go on.`;
    if (status === 'completed') return `Finished. ${numbers}.`;
    return `It failed and does not go on. ${numbers}.`;
  },
};

export const sendAgain = {
  titles: { recover: 'Recover what was missed', replay: 'Replay' },
  what: {
    recover: 'What failed, and what was not even tried while the endpoint was disabled, is sent again.',
    replay:
      'Everything of the chosen time is sent again, also what your endpoint has got already. Such a delivery carries the same webhook-id, by which a receiver knows it.',
  },
  since: 'From',
  until: 'Until',
  sinceMissing: 'must be a time',
  eventType: 'Event type',
  allTypes: 'All',
  onlyMissing: 'Only what it never got',
  onlyMissingHint: 'What failed, was cancelled, or was never sent.',
  dryRun: ({ matched, among, at_least, among_at_least }: Schemas['DryRun']): string => {
    if (matched === 0) return 'Nothing of this time would be sent again.';
    const of = atLeast(among_at_least, number.format(among));
    return `${atLeast(at_least, number.format(matched))} of ${of} would be sent again.`.replace(/^a/, 'A');
  },
  started: count('# delivery is being sent again.', '# deliveries are being sent again.'),
};
