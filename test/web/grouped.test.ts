/** Rows that are alike as one: each is in exactly one place, in order, and what differs stands between. */
import fc from 'fast-check';
import { grouped } from '../../web/src/pages/activity/grouped.ts';

const alike = (row: string) => (row === row.toUpperCase() ? null : row);
const shown = (rows: string) =>
  grouped([...rows], alike)
    .map(({ first, rest }) => first + (rest.length > 0 ? `+${rest.length}` : ''))
    .join(' ');

test.each([
  ['nothing', '', ''],
  ['two that are alike stand each for itself', 'aa', 'a a'],
  ['three are one', 'aaa', 'a+2'],
  ['another between parts them', 'aaabaa', 'a+2 b a a'],
  ['a change is never one of many', 'AAAA', 'A A A A'],
  ['a change between parts them', 'aaaBaaa', 'a+2 B a+2'],
])('%s', (_, rows, expected) => expect(shown(rows)).toBe(expected));

test('no row is lost, and the order stays', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'C')), (rows) => {
      expect(grouped(rows, alike).flatMap(({ first, rest }) => [first, ...rest])).toEqual(rows);
    }),
  );
});
