/** A pattern that runs in linear time means what it means to ECMAScript with the flag `u`. */
import fc from 'fast-check';
import { linearRegExp, PatternError } from '../../src/json-schema/linear-regexp.ts';

const atom = fc.constantFrom(
  ...['a', 'b', '-', '"', 'é', '😀', '.', '^', '$', '\\b', '\\B', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S'],
  ...[
    '\\p{Lu}',
    '\\P{Letter}',
    '\\p{Script=Greek}',
    '\\u{1F600}',
    '\\ud83d\\ude00',
    '\\ud83d',
    '\\x41',
    '\\cJ',
    '\\0',
  ],
  ...[
    '\\n',
    '\\t',
    '\\/',
    '\\.',
    '\\$',
    '\\u0041',
    '[a-z]',
    '[^a-z]',
    '[]',
    '[^]',
    '[\\s\\d]',
    '[^\\S]',
    '[\\]\\-a]',
  ],
  ...[
    '[-a]',
    '[a-]',
    '[\\u{61}-\\x7a]',
    '[😀-😃]',
    '[\\b]',
    '[\\ud83d]',
    '[.$^]',
    '[[]',
    '[\\w-]',
    '[[^]',
    '[(?:a{2}]',
  ],
);
const count = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?', '+?');
const { pattern } = fc.letrec((tie) => {
  const inner = tie('pattern') as fc.Arbitrary<string>;
  const group = inner.map((each) => `(?:${each})`);
  const one = fc
    .tuple(
      fc.oneof(
        { weight: 4, arbitrary: atom },
        { weight: 1, arbitrary: group },
        { weight: 1, arbitrary: inner.map((each) => `(${each})`) },
      ),
      count,
    )
    .map((parts) => parts.join(''));
  const sequence = fc.array(one, { maxLength: 4 }).map((parts) => parts.join(''));
  return { pattern: fc.array(sequence, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|')) };
});
const text = fc
  .array(fc.constantFrom(...'abAz09_- \n\r\t\u2028\u00a0éαΩ\0$^./]["\b\ufeff', '😀', '\ud83d', '\ude00'), {
    maxLength: 6,
  })
  .map((characters) => characters.join(''));

test('it matches what ECMAScript matches, and nothing else', () => {
  let valid = 0;
  fc.assert(
    fc.property(pattern as fc.Arbitrary<string>, text, (source, subject) => {
      let expected: RegExp;
      try {
        expected = new RegExp(source, 'u');
      } catch {
        expect(() => linearRegExp(source)).toThrow(PatternError);
        return;
      }
      valid += 1;
      expect(linearRegExp(source).test(subject)).toBe(expected.test(subject));
    }),
    { numRuns: 5_000 },
  );
  expect(valid).toBeGreaterThan(1_000);
});

test('any text is a pattern, or refused with a reason', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'abc()[]{}|\\?*+^$.-,=!<>:kpPuxdwsb019') }),
      (source) => {
        try {
          linearRegExp(source).test('abc');
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
        }
      },
    ),
    { numRuns: 5_000 },
  );
});
