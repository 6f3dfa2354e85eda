/** Texts of the endpoint pages. */
import type { Schemas } from '@tidings/client';
import { plural } from '../plural.ts';

export const endpoints = {
  endpoint: 'Endpoint',
  health: 'Health',
  created: 'Created',
  create: 'Create endpoint',
  none: 'No endpoint yet',
  noneHint:
    'An endpoint is a URL of yours that gets the events. Create one, and a test event shows at once whether it works.',
  allTypes: 'all',
  types: plural('en', { one: '# type', other: '# types' }),
  healthy: 'Healthy',
  failing: 'Failing',
  failures: plural('en', { one: '# failure in a row', other: '# failures in a row' }),
  stalled: 'Stalled',
  disabled: 'Disabled',
  unreadable: 'Secrets cannot be read',
  disabledReason: {
    manual: 'by a person',
    gone: 'it answered 410 Gone',
    failing: 'it failed for too long',
  } as Record<NonNullable<Schemas['Endpoint']['disabled_reason']>, string>,
};
