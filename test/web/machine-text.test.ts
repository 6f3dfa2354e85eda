/** The pages make visible in a machine's text what a terminal, a log and a mail make visible, but for its lines and tabs. */
import { visibleText } from '../../src/domain/visible-text.ts';
import { visible } from '../../web/src/parts/machine-text.ts';

const KEPT = ['\t', '\n'];

test('every character that steers a display instead of being shown is shown by its number or its picture', () => {
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    const isHidden = visibleText(character) !== character && !KEPT.includes(character);
    if ((visible(`a${character}b`) !== `a${character}b`) !== isHidden) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});

test.each([
  ['user \u202egnp.exe', 'user <U+202E>gnp.exe'],
  ['pay\u200bpal\ufeff', 'pay<U+200B>pal<U+FEFF>'],
  ['\u001b[31m\u007f', '␛[31m␡'],
  [`a${String.fromCodePoint(0xe0041)}`, 'a<U+E0041>'],
  ['one\r\ntwo\tthree', 'one\ntwo\tthree'],
  ['👨‍👩‍👧 می‌خواهم', '👨‍👩‍👧 می‌خواهم'],
])('%j is shown as %s', (text, shown) => {
  expect(visible(text)).toBe(shown);
});
