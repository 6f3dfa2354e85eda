/** Text of strangers is made visible before it reaches a terminal, a log or an e-mail: nothing in it can control them. */
import fc from 'fast-check';
import { visibleLines, visibleText } from '../../src/domain/visible-text.ts';

test.each([
  ['an escape sequence', '\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
  ['an eight-bit one', '\u009b31m', '\\u009b31m'],
  ['lines', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
  ['other line ends', 'a\u0085b\u2028c\u2029d', 'a\\u0085b\\u2028c\\u2029d'],
  ['delete and backspace', 'a\bb\u007f', 'a\\u0008b\\u007f'],
  ['text turned around', 'a\u202ecod.exe\u2066\u200f\u061c', 'a\\u202ecod.exe\\u2066\\u200f\\u061c'],
  ['hidden characters', 'pay\u200bpal\ufeff\u00ad\u2060', 'pay\\u200bpal\\ufeff\\u00ad\\u2060'],
  ['hidden words', `a${String.fromCodePoint(0xe0041)}`, 'a\\udb40\\udc41'],
  ['half a character', 'a\ud83d', 'a\\ud83d'],
  ['NUL', '\u0000', '\\u0000'],
])('%s is made visible', (_what, text, shown) => {
  expect(visibleText(text)).toBe(shown);
});

test.each(['Äpfel & 日本 🎉', 'می‌خواهم', '👨‍👩‍👧', 'é', '{"a":"b\\n"}', '', ' '])(
  '%j stays as it is',
  (text) => {
    expect(visibleText(text)).toBe(text);
  },
);

test('any text becomes one line without control characters, and a line of JSON keeps its meaning', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = visibleText(text);
      expect(shown).not.toMatch(/\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
      expect(visibleText(shown)).toBe(shown);
      expect(JSON.parse(visibleText(JSON.stringify(text)))).toBe(text);
    }),
  );
});

test('lines stay lines', () => {
  expect(visibleLines('a\u001b\r\nb\rc\n')).toBe('a\\u001b\nb\\rc\n');
});
