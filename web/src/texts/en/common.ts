/** Words that several pages share. */
import type { Schemas } from '@tidings/client';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('en', { one, other });

export const common = {
  copy: 'Copy',
  copied: 'Copied.',
  cancel: 'Cancel',
  close: 'Close',
  confirm: 'Confirm',
  save: 'Save',
  search: 'Search',
  loading: 'Loading…',
  loadMore: 'Load more',
  tryAgain: 'Try again',
  form: {
    refused: 'Not done yet: a field above was refused. The reason is below it.',
    optional: 'optional',
  },
  none: 'none',
  never: 'never',
  deleted: 'deleted',
  unknown: 'not known',
  yes: 'yes',
  no: 'no',
  formatted: 'Formatted',
  raw: 'Raw',
  empty: 'empty',
  requestId: (id: string) => `Request ${id}`,
  somethingWrong: 'This did not work',
  fieldsRefused: count(
    'One field was refused. The reason is below it.',
    '# fields were refused. The reason is below each.',
  ),
  bytes: count('# byte', '# bytes'),
  deliveries: count('# delivery', '# deliveries'),
  events: count('# event', '# events'),
  endpoints: count('# endpoint', '# endpoints'),
  attempts: count('# attempt', '# attempts'),
  atLeast: (text: string) => `at least ${text}`,
  inTime: (text: string) => `in ${text}`,
  now: 'now',
  /** Statuses of a delivery, in words. */
  status: {
    pending: 'Pending',
    delivering: 'Sending',
    retrying: 'Retrying',
    held: 'Held',
    succeeded: 'Succeeded',
    failed: 'Failed',
    cancelled: 'Cancelled',
  } satisfies Record<Schemas['DeliverySummary']['status'], string> as Record<
    Schemas['DeliverySummary']['status'],
    string
  >,
  held: {
    ordered: 'waits for its turn: the endpoint gets its events in order',
    rate_limited: "waits for the endpoint's rate limit",
    stalled: 'waits: the endpoint is stalled until a new event arrives for it',
  } as Record<NonNullable<Schemas['DeliverySummary']['held_reason']>, string>,
  trigger: {
    schedule: 'Planned',
    manual: 'By hand',
    recovery: 'Recovery or replay',
    test: 'Test',
  } as Record<Schemas['Attempt']['trigger'], string>,
};
