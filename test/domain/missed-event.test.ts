/**
 * The reason why an endpoint did not get an event is true for every history that the endpoint may have, and is given where it can
 * be known.
 */
import fc from 'fast-check';
import { isSubscribed } from '../../src/domain/event.ts';
import {
  type EndpointChange,
  type MissedReason,
  type MissingEndpoint,
  missedInWords,
  UNDER_WAY_MS,
  whyFailed,
  whyMissed,
} from '../../src/domain/missed-event.ts';

const TYPE = 'a.one';
const EVENT_MS = Date.parse('2024-01-15T10:30:00Z');
const at = (seconds: number) => new Date(EVENT_MS + seconds * 1_000);
const event = { type: TYPE, createdAt: at(0), isTest: false };

const endpoint = (facts: Partial<MissingEndpoint> = {}): MissingEndpoint => ({
  createdAt: at(-86_400),
  deletedAt: null,
  enabled: true,
  disabledAt: null,
  eventTypes: ['b.*'],
  ...facts,
});
const switched = (seconds: number, to: boolean, was?: boolean): EndpointChange => ({
  at: at(seconds),
  switched: { to, was },
});
const retyped = (seconds: number, was?: string[] | null): EndpointChange => ({
  at: at(seconds),
  retyped: { was },
});

test.each<[string, MissingEndpoint, EndpointChange[], MissedReason, Date | null]>([
  ['it wants other types', endpoint(), [], 'not_subscribed', null],
  [
    'it wanted other types and wants this one now',
    endpoint({ eventTypes: null }),
    [retyped(100, ['b.two'])],
    'not_subscribed',
    null,
  ],
  ['it wants others now, and nobody noted what before', endpoint(), [retyped(100)], 'unknown', null],
  [
    'it is disabled since before',
    endpoint({ eventTypes: null, enabled: false, disabledAt: at(-60) }),
    [],
    'disabled',
    at(-60),
  ],
  [
    'it was disabled, and is enabled since',
    endpoint({ eventTypes: null }),
    [switched(-50, false, true), switched(50, true, false)],
    'disabled',
    at(-50),
  ],
  [
    'it was disabled when nobody noted what was before',
    endpoint({ eventTypes: null }),
    [switched(-50, false), switched(50, true)],
    'disabled',
    at(-50),
  ],
  [
    'it was enabled long after, and nobody noted what was before',
    endpoint({ eventTypes: null }),
    [switched(50, true)],
    'unknown',
    null,
  ],
  [
    'it was switched off later, when it had been on',
    endpoint({ eventTypes: null, enabled: false, disabledAt: at(60) }),
    [switched(60, false, true)],
    'unknown',
    null,
  ],
  ['it came later', endpoint({ createdAt: at(3_600), eventTypes: null }), [], 'created_later', at(3_600)],
  ['it came right after', endpoint({ createdAt: at(1), eventTypes: null }), [], 'created_later', at(1)],
  ['it was gone', endpoint({ deletedAt: at(-1), eventTypes: null }), [], 'deleted', at(-1)],
  ['it was deleted later, and wanted others', endpoint({ deletedAt: at(500) }), [], 'not_subscribed', null],
  [
    'it was deleted while the emit was under way',
    endpoint({ deletedAt: at(2), eventTypes: null }),
    [],
    'deleted',
    at(2),
  ],
  ['it wanted it, by all that is known', endpoint({ eventTypes: null }), [], 'unknown', null],
  [
    'it has been made to want it right after',
    endpoint({ eventTypes: null }),
    [retyped(5, ['b.*'])],
    'not_subscribed',
    null,
  ],
])('%s', (_name, facts, changes, reason, since) => {
  const missed = whyMissed(event, facts, { changes, isWhole: true });
  expect(missed).toEqual({ reason, since });
  expect(missedInWords(missed, event, null)).toMatch(/^[A-Z].*\.$/);
});

test('changes beyond those that were read may have been any', () => {
  expect(whyMissed(event, endpoint(), { changes: [], isWhole: false })).toEqual({
    reason: 'unknown',
    since: null,
  });
  const changes = [retyped(100, ['b.*'])];
  expect(whyMissed(event, endpoint({ eventTypes: null }), { changes, isWhole: false }).reason).toBe(
    'not_subscribed',
  );
});

test('a test of another endpoint goes to that one alone', () => {
  const why = whyMissed({ ...event, isTest: true }, endpoint({ eventTypes: null }), {
    changes: [],
    isWhole: true,
  });
  expect(why).toEqual({ reason: 'test', since: null });
});

test.each([
  ['failed', 'endpoint_disabled', 0, 'disabled', /disabled while the delivery waited.*No attempt was made/],
  ['failed', 'endpoint_deleted', 2, 'deleted', /deleted while the delivery waited.*2 attempts/],
  ['cancelled', 'payload_erased', 0, 'erased', /erased before it was delivered/],
  ['cancelled', 'timeout', 1, 'cancelled', /cancelled.*One attempt was made.*No response came in time/],
  ['failed', 'http_status', 8, 'failed', /never accepted it\. 8 attempts/],
] as const)(
  'a delivery that is %s with %s after %i attempts: %s',
  (status, lastError, attemptCount, reason, words) => {
    const delivery = { status, lastError, attemptCount, endedAt: at(9) };
    const why = whyFailed(delivery);
    expect(why).toEqual({ reason, since: at(9) });
    expect(missedInWords(why, event, delivery)).toMatch(words);
  },
);

type Step = {
  s: number;
  what: 'on' | 'off' | 'off for its answers' | 'types';
  types: string[] | null;
  noted: boolean;
};
const TYPES = [null, ['a.*'], ['a.one', 'b.two'], ['b.*'], []];
const steps = fc.array(
  fc.record({
    s: fc.integer({ min: -90, max: 90 }),
    what: fc.constantFrom<Step['what']>('on', 'off', 'off for its answers', 'types'),
    types: fc.constantFrom(...TYPES),
    noted: fc.boolean(),
  }),
  { maxLength: 8 },
);

/** Lives through the steps. @returns the reasons that held at a time, and what is left behind of it all */
function live(
  life: Step[],
  born: number,
  gone: number | null,
  enabled: boolean,
  types: string[] | null,
  whenLooked: number,
) {
  const state = { enabled, types };
  const changes: EndpointChange[] = [];
  let disabledAt: Date | null = null;
  let held: MissedReason[] | null = null;
  const look = (): MissedReason[] => {
    if (born > 0) return ['created_later'];
    if (gone !== null && whenLooked >= gone) return ['deleted'];
    return [
      ...(state.enabled ? [] : ['disabled' as const]),
      ...(isSubscribed(state.types, TYPE) ? [] : ['not_subscribed' as const]),
    ];
  };
  for (const { s, what, types: next, noted } of life) {
    if (s <= born || (gone !== null && s >= gone)) continue;
    if (s > whenLooked) held ??= look();
    const was = { ...state };
    if (what === 'types') {
      state.types = next;
      changes.push({ at: at(s), retyped: { was: noted ? was.types : undefined } });
    } else if (what === 'off for its answers') {
      if (!state.enabled) continue;
      state.enabled = false;
      changes.push({ at: at(s), switched: { to: false, was: true } });
    } else {
      state.enabled = what === 'on';
      changes.push({ at: at(s), switched: { to: state.enabled, was: noted ? was.enabled : undefined } });
    }
    disabledAt = state.enabled ? null : (disabledAt ?? at(s));
  }
  held ??= look();
  const facts: MissingEndpoint = {
    createdAt: at(born),
    deletedAt: gone === null ? null : at(gone),
    enabled: state.enabled,
    disabledAt,
    eventTypes: state.types,
  };
  return { held, facts, changes };
}

test('whatever an endpoint has lived through, nothing untrue is said of why it got nothing', () => {
  let known = 0;
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: -100, max: 100 }),
      fc.option(fc.integer({ min: 1, max: 150 })),
      fc.boolean(),
      fc.constantFrom(...TYPES),
      fc.integer({ min: 0, max: UNDER_WAY_MS / 1_000 }),
      (unsorted, born, age, enabled, types, whenLooked) => {
        const life = [...new Map(unsorted.map((step) => [step.s, step])).values()].sort((a, b) => a.s - b.s);
        const gone = age === null ? null : born + age;
        const { held, facts, changes } = live(life, born, gone, enabled, types, whenLooked);
        fc.pre(held.length > 0);
        const { reason } = whyMissed(event, facts, { changes, isWhole: true });
        expect([...held, 'unknown']).toContain(reason);
        const isCalm = [...life.map(({ s }) => s), born, gone ?? 0].every(
          (s) => s <= 0 || s > UNDER_WAY_MS / 1_000,
        );
        if (isCalm && life.every(({ noted }) => noted)) {
          expect(reason).not.toBe('unknown');
          known += 1;
        }
      },
    ),
    { numRuns: 3_000 },
  );
  expect(known).toBeGreaterThan(50);
});
