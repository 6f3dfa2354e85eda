/** Ids sort by the time at which they were made, and people can read them; lists and partitions rely on both. */
import {
  firstIdAt,
  ID_PREFIXES,
  type IdKind,
  idSuffix,
  idTimeMs,
  isId,
  newId,
} from '../../src/domain/ids.ts';

const kinds = Object.keys(ID_PREFIXES) as IdKind[];

test('no two kinds of ids begin alike', () => {
  expect(new Set(Object.values(ID_PREFIXES)).size).toBe(kinds.length);
});

describe.each(kinds)('an id of kind %s', (kind) => {
  test('says what it is, and is taken for nothing else', () => {
    const id = newId(kind);
    expect(id).toMatch(new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-z]{26}$`));
    expect(kinds.filter((other) => isId(other, id))).toEqual([kind]);
  });

  test('carries the time at which it was made', () => {
    const before = Date.now();
    const timeMs = idTimeMs(newId(kind));
    expect(timeMs).toBeGreaterThanOrEqual(before);
    expect(timeMs).toBeLessThanOrEqual(Date.now());
  });
});

test('a thousand ids are a thousand different ones', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newId('delivery'))).size).toBe(1000);
});

test('ids sort by time as text', () => {
  const times = [0, 1, 999, 1_000, 1_700_000_000_000, 1_700_000_000_001, 4_000_000_000_000];
  const ids = times.map((timeMs) => firstIdAt('event', timeMs));
  expect([...ids].sort()).toEqual(ids);
});

test.each([
  [-1, 0],
  [2 ** 60, 2 ** 48 - 1],
])('a time of %d ms, which no id can carry, becomes the nearest one', (asked, given) => {
  expect(idTimeMs(firstIdAt('delivery', asked))).toBe(given);
});

test('a delivery and its name in the SCORM product share what follows the prefix', () => {
  expect(idSuffix('dlv_01jd8v3q4xf5rbn6c3m2z9k7wh')).toBe('01jd8v3q4xf5rbn6c3m2z9k7wh');
  expect(idSuffix('delivery_01jd8v3q4xf5rbn6c3m2z9k7wh')).toBe('01jd8v3q4xf5rbn6c3m2z9k7wh');
});

test.each([
  '',
  'dlv',
  'dlv_',
  '_01jd8v3q4xf5rbn6c3m2z9k7wh',
  '01jd8v3q4xf5rbn6c3m2z9k7wh',
  'dlv_01jd8v3q4xf5rbn6c3m2z9k7w',
  'dlv_01jd8v3q4xf5rbn6c3m2z9k7whh',
  'dlv_01JD8V3Q4XF5RBN6C3M2Z9K7WH',
  'dlv_01jd8v3q4xf5rbn6c3m2z9k7wu',
  'dlv_81jd8v3q4xf5rbn6c3m2z9k7wh',
  'dlv-01jd8v3q4xf5rbn6c3m2z9k7wh',
  "dlv_01jd8v3q4xf5rbn6c3m2z9k7'--",
  'dlv_01jd8v3q4xf5rbn6c3m2z9k7wh\n',
])('%j is not the id of a delivery', (value) => {
  expect(isId('delivery', value)).toBe(false);
});
