/** After an upgrade the pages are loaded anew once, and never over what somebody types. */
import { mayReload } from '../../web/src/app/outdated.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

test.each([
  ['never before', null, false, true],
  ['an hour ago', NOW - 3_600_000, false, true],
  ['a moment ago: it has not helped', NOW - 2_000, false, false],
  ['never before, while a form is open', null, true, false],
  ['an hour ago, while a form is open', NOW - 3_600_000, true, false],
])('reloaded %s', (_when, at, isTyping, expected) => {
  expect(mayReload(at, NOW, isTyping)).toBe(expected);
});
