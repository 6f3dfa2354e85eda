/** Which endpoints may take the quick lane: one that hangs there would hold up a workflow's first task. */
import { createEndpointPulse, type EndpointPulse } from '../../activities/endpoint-pulse.ts';

type Seen = { durationMs: number; succeeded: boolean };
const good = (durationMs: number): Seen => ({ durationMs, succeeded: true });
const bad = (durationMs: number): Seen => ({ durationMs, succeeded: false });
const many = (count: number, seen: Seen): Seen[] => Array.from({ length: count }, () => seen);

function pulseAfter(...seen: Seen[]): EndpointPulse {
  const pulse = createEndpointPulse();
  for (const attempt of seen) pulse.observe('ep', attempt);
  return pulse;
}

describe('an endpoint that was never seen', () => {
  test.each([
    { timeoutMs: 100, quick: true },
    { timeoutMs: 5_000, quick: true },
    { timeoutMs: 8_000, quick: true },
    { timeoutMs: 8_001, quick: false },
    { timeoutMs: 15_000, quick: false },
    { timeoutMs: 60_000, quick: false },
  ])('with a timeout of $timeoutMs ms is quick: $quick', ({ timeoutMs, quick }) => {
    expect(pulseAfter().isQuick('ep', timeoutMs)).toBe(quick);
  });
});

describe('an endpoint that', () => {
  test.each([
    { what: 'was quick once', seen: [good(20)], quick: true },
    { what: 'took just under a second', seen: [good(999)], quick: true },
    { what: 'took a second', seen: [good(1_000)], quick: false },
    { what: 'failed last', seen: [good(20), bad(20)], quick: false },
    { what: 'failed, then succeeded', seen: [bad(20), good(20)], quick: true },
    { what: 'was slow once in a few', seen: [good(5_000), ...many(10, good(20))], quick: false },
    { what: 'was slow once in a hundred', seen: [good(5_000), ...many(99, good(20))], quick: true },
    {
      what: 'was slow twice in a hundred',
      seen: [...many(2, good(5_000)), ...many(98, good(20))],
      quick: false,
    },
    { what: 'was slow long ago', seen: [...many(50, good(5_000)), ...many(100, good(20))], quick: true },
    { what: 'was quick long ago', seen: [...many(100, good(20)), ...many(2, good(5_000))], quick: false },
  ])('$what: quick is $quick', ({ seen, quick }) => {
    expect(pulseAfter(...seen).isQuick('ep', 15_000)).toBe(quick);
  });

  test('has shown to be quick may have a long timeout', () => {
    expect(pulseAfter(good(20)).isQuick('ep', 60_000)).toBe(true);
  });

  test('has shown to be slow is not helped by a short timeout', () => {
    expect(pulseAfter(good(5_000)).isQuick('ep', 6_000)).toBe(false);
  });

  test('is slow says nothing about another', () => {
    const pulse = pulseAfter(bad(5_000));
    expect(pulse.isQuick('other', 5_000)).toBe(true);
  });
});

test('of very many endpoints the one that was longest not seen is forgotten', () => {
  const pulse = createEndpointPulse();
  pulse.observe('early', good(20));
  pulse.observe('kept', good(20));
  for (let count = 0; count < 19_998; count += 1) pulse.observe(`ep_${count}`, good(20));
  pulse.observe('kept', good(20));
  pulse.observe('one more', good(20));
  expect(pulse.isQuick('early', 60_000)).toBe(false);
  expect(pulse.isQuick('kept', 60_000)).toBe(true);
  expect(pulse.isQuick('ep_0', 60_000)).toBe(true);
});
