/** Health of an endpoint in words: what is wrong, since when, and when it is switched off. */
import type { Endpoint } from '../../src/domain/endpoint.ts';
import { HEALTH_STATES, healthOf } from '../../src/domain/health.ts';

const secrets = { url: 'https://example.com/', auth: { type: 'none' }, headers: {}, signing: [] };
const good = {
  ...{ secrets, enabled: true, disabledReason: null, disabledNote: null, disabledAt: null },
  ...{ stalledAt: null, failingSince: null, consecutiveFailures: 0 },
};
const at = new Date('2026-03-01T10:00:00Z');
const HOUR_MS = 3_600_000;

const TABLE: [
  name: string,
  change: Partial<Endpoint>,
  state: string,
  words: RegExp,
  disables: string | null,
][] = [
  [
    'nothing is wrong',
    {},
    'healthy',
    /^It is enabled, and its last attempt has not failed, or none was made since it was enabled\.$/,
    null,
  ],
  [
    'one attempt has failed',
    { failingSince: at, consecutiveFailures: 1 },
    'failing',
    /^The last attempt has failed since 2026-03-01T10:00:00.000Z\. It is disabled .* after 2026-03-01T11:00:00.000Z/,
    '2026-03-01T11:00:00.000Z',
  ],
  [
    'one has failed: the next failure is not the third in a row',
    { failingSince: at, consecutiveFailures: 1 },
    'failing',
    /unless one succeeds before; but not before 3 in a row have failed\.$/,
    '2026-03-01T11:00:00.000Z',
  ],
  [
    'two have failed: the next failure is the third',
    { failingSince: at, consecutiveFailures: 2 },
    'failing',
    /unless one succeeds before\.$/,
    '2026-03-01T11:00:00.000Z',
  ],
  [
    'many have failed',
    { failingSince: at, consecutiveFailures: 12 },
    'failing',
    /^The last 12 attempts have failed since/,
    '2026-03-01T11:00:00.000Z',
  ],
  ['it is stalled', { stalledAt: at }, 'stalled', /^Stalled since 2026.* until a new event/, null],
  [
    'it is stalled and failing',
    { stalledAt: at, failingSince: at },
    'stalled',
    /^Stalled since/,
    '2026-03-01T11:00:00.000Z',
  ],
  [
    'a person has disabled it',
    { enabled: false, disabledReason: 'manual', disabledAt: at },
    'disabled',
    /^Disabled since 2026-03-01T10:00:00.000Z on request, through the API or the pages\. Until it is enabled again, it gets test events alone\.$/,
    null,
  ],
  [
    'a person has disabled it and said why',
    { enabled: false, disabledReason: 'manual', disabledNote: 'The CRM moves.', disabledAt: at },
    'disabled',
    /or the pages\. Reason given: “The CRM moves\.” Until/,
    null,
  ],
  [
    'its receiver is gone',
    { enabled: false, disabledReason: 'gone', disabledAt: at },
    'disabled',
    /410 Gone/,
    null,
  ],
  [
    'it has failed for too long',
    { enabled: false, disabledReason: 'failing', disabledAt: at, failingSince: at },
    'disabled',
    /all attempts had failed for too long/,
    null,
  ],
  [
    'nobody knows since when',
    { enabled: false, disabledReason: 'manual' },
    'disabled',
    /^Disabled on request, /,
    null,
  ],
  [
    'its secrets cannot be opened',
    { secrets: null, failingSince: at, enabled: false },
    'unreadable',
    /TIDINGS_ENCRYPTION_KEYS/,
    null,
  ],
  [
    'a damaged row says it has failed for ever',
    { failingSince: new Date(8.64e15), consecutiveFailures: -7 },
    'failing',
    /^The last attempt has failed since \+275760.*first failure, unless/,
    null,
  ],
];

test.each(TABLE)('%s', (_name, change, state, words, disables) => {
  const health = healthOf({ ...good, ...change }, HOUR_MS);
  expect(health).toMatchObject({ state, summary: expect.stringMatching(words) });
  expect(health.disablesAt?.toISOString() ?? null).toBe(disables);
});

test('every state is in the table', () => {
  expect(new Set(TABLE.map(([, , state]) => state))).toEqual(new Set(HEALTH_STATES));
});
