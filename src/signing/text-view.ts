/**
 * A text with its escapes undone. Each character knows its range in the source, so that a secret found in the text can be masked
 * in the source.
 */

/** A text of one byte a character, with the range in the source that each character was made from. */
export type View = {
  text: string;
  /** the first character of each range, and the one after its last; `null`: the text is the source itself */
  ranges: { starts: number[]; ends: number[] } | null;
};

export const viewOf = (text: string): View => ({ text, ranges: null });

/** The source's first character that the view's character `at` was made from. */
export const startIn = ({ ranges }: View, at: number): number =>
  ranges === null ? at : (ranges.starts[at] as number);

/** The character after the source's last one that the view's character `at` was made from. */
export const endIn = ({ ranges }: View, at: number): number =>
  ranges === null ? at + 1 : (ranges.ends[at] as number);

/** Removes white space, for base64 and hex are often broken into lines. `null` when there is none. */
export function withoutWhitespace(view: View): View | null {
  return WHITESPACE.test(view.text) ? replaced(view, /\s/g, () => '') : null;
}

const WHITESPACE = /\s/;

const NAMED: Record<string, string> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", sol: '/', bsol: '\\', plus: '+', equals: '=' },
  ...{ num: '#', percnt: '%', colon: ':', comma: ',', period: '.', lowbar: '_', nbsp: ' ', Tab: '\t' },
};
const CONTROLS: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

const ESCAPES = new RegExp(
  [
    '%(?<percent>[0-9a-f]{2})',
    '\\\\u(?<high>d[89ab][0-9a-f]{2})\\\\u(?<low>d[c-f][0-9a-f]{2})',
    '\\\\u(?:(?<unit>[0-9a-f]{4})|\\{(?<braced>[0-9a-f]{1,6})\\})',
    '\\\\x(?<hex>[0-9a-f]{2})',
    '\\\\(?<character>[^ux])',
    '&#x0*(?<hexEntity>[0-9a-f]{1,6});?',
    '&#0*(?<decimalEntity>[0-9]{1,7});?',
    `&(?<named>${Object.keys(NAMED).join('|')});`,
  ].join('|'),
  'gis',
);

/** Undoes one level of escaping: of URLs, of JSON and similar languages, of HTML. `null` when there is none. */
export function unescaped(view: View): View | null {
  return view.text.search(ESCAPES) === -1 ? null : replaced(view, ESCAPES, unescapeOne);
}

/** @returns the bytes, one character each */
function unescapeOne(groups: Record<string, string | undefined>): string {
  const { percent, hex, high, low, unit, braced, character, hexEntity, decimalEntity, named } = groups;
  if (percent !== undefined) return String.fromCharCode(Number.parseInt(percent, 16));
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  if (character !== undefined) return CONTROLS[character] ?? character;
  if (named !== undefined) return NAMED[named] ?? NAMED[named.toLowerCase()] ?? '';
  if (high !== undefined && low !== undefined) {
    return utf8(String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)));
  }
  const code =
    decimalEntity === undefined
      ? Number.parseInt(unit ?? braced ?? hexEntity ?? '', 16)
      : Number(decimalEntity);
  return code > 0x10ffff ? '' : utf8(String.fromCodePoint(code));
}

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** Replaces each match. Each character of a replacement has the whole match as its source. */
function replaced(
  view: View,
  pattern: RegExp,
  by: (groups: Record<string, string | undefined>) => string,
): View {
  const starts: number[] = [];
  const ends: number[] = [];
  const parts: string[] = [];
  const keep = (from: number, to: number) => {
    parts.push(view.text.slice(from, to));
    for (let at = from; at < to; at += 1) {
      starts.push(startIn(view, at));
      ends.push(endIn(view, at));
    }
  };
  let at = 0;
  for (const match of view.text.matchAll(pattern)) {
    const next = match.index + match[0].length;
    keep(at, match.index);
    const text = by(match.groups ?? {});
    parts.push(text);
    for (let each = 0; each < text.length; each += 1) {
      starts.push(startIn(view, match.index));
      ends.push(endIn(view, next - 1));
    }
    at = next;
  }
  keep(at, view.text.length);
  return { text: parts.join(''), ranges: { starts, ends } };
}

const BROKEN_ESCAPE = /(%[0-9a-f]?|\\(u[0-9a-f]{0,3}|u\{[0-9a-f]{0,6}|x[0-9a-f]?)?|&(#x?)?[0-9a-z]{0,8})$/i;

/** Removes an incomplete escape from the end of the text. `null` when there is none. */
export function withoutBrokenEscape(view: View): View | null {
  const at = view.text.search(BROKEN_ESCAPE);
  return at === -1 ? null : { text: view.text.slice(0, at), ranges: view.ranges };
}
