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

test.each<[string, string, RegExp]>([
  ['a lookahead', '(?=a)', /lookahead/],
  ['a lookbehind', '(?<!a)b', /lookbehind/],
  ['a backreference', '(a)\\1', /backreferences/],
  ['a backreference by name', '(?<n>a)\\k<n>', /backreferences/],
  ['a count above 1,000', 'a{1001}', /repeats more than 1000 times/],
  ['a count up to more than 1,000', '(?:ab){2,1001}', /repeats more than 1000 times/],
  ['repetitions of repetitions', '((a{1000}){1000}){1000}', /repetitions add up to too much/],
  ['a pattern of 300,000 characters', 'a'.repeat(300_000), /too large/],
  ['sets that are large when they are spelled out', '\\p{L}'.repeat(5_000), /too large/],
  ['20,000 groups in each other', `${'('.repeat(20_000)}a${')'.repeat(20_000)}`, /nest|large/],
  ['what is no pattern', 'a(', /Unterminated group/],
])('%s is refused with a reason', (_what, source, reason) => {
  expect(() => linearRegExp(source)).toThrow(PatternError);
  expect(() => linearRegExp(source)).toThrow(reason);
});

test.each([
  ['(?<year>\\d{4})-(\\d\\d)', '2026-11', '26-11'],
  ['^(?:a|b(c|d))+$', 'abcbd', 'abc!'],
  ['^[^]$', '\n', ''],
  ['^a{3,}?$', 'aaaa', 'aa'],
])('%s matches %j, and not %j', (source, matching, other) => {
  expect([linearRegExp(source).test(matching), linearRegExp(source).test(other)]).toEqual([true, false]);
});
