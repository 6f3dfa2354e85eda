/** Two lists as one: nothing is shown out of order, nothing twice, nothing never. */
import { merged } from '../../web/src/pages/activity/merged.ts';

const list = (times: string, hasMore = false) => ({ items: [...times].map((at) => ({ at })), hasMore });
const shown = ({ rows }: { rows: { at: string }[] }) => rows.map(({ at }) => at).join('');

test.each([
  ['both empty', list(''), list(''), '', null],
  ['one empty', list('cba'), list(''), 'cba', null],
  ['both whole', list('eca'), list('db'), 'edcba', null],
  ['one has more: older rows of the other wait', list('ed', true), list('cba'), 'ed', 'one'],
  ['the other has more', list('cba'), list('ed', true), 'ed', 'other'],
  ['both have more: down to what both have reached', list('fc', true), list('eb', true), 'fec', 'one'],
  ['a page without rows that goes on shows nothing below it', list('', true), list('ba'), '', 'one'],
] as const)('%s', (_, one, other, rows, next) => {
  const found = merged(one, other);
  expect(shown(found)).toBe(rows);
  expect(found.next).toBe(next);
});

test('loading what it asks for ends with every row, in order', () => {
  const all = { one: [...'zxvtrpnljhfdb'], other: [...'yywusqomkigecaaa'] };
  const loaded = { one: 0, other: 0 };
  const sourceOf = (name: 'one' | 'other') => ({
    items: all[name].slice(0, loaded[name]).map((at) => ({ at })),
    hasMore: loaded[name] < all[name].length,
  });
  for (let step = 0; step < 50; step++) {
    const { rows, next } = merged(sourceOf('one'), sourceOf('other'));
    const whole = [...all.one, ...all.other].toSorted().toReversed().join('');
    expect(whole.startsWith(rows.map(({ at }) => at).join(''))).toBe(true);
    if (next === null) {
      expect(rows).toHaveLength(whole.length);
      return;
    }
    loaded[next] += 2;
  }
  throw new Error('It never ended');
});
