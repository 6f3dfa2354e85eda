/**
 * A text with its escapes undone. Each character knows its range in the source, so that a secret found in the text can be masked
 * in the source.
 */

/** Character `i` (one byte each) was made from the source's characters `starts[i]` to `ends[i]`, the end exclusive. */
export type View = { text: string; starts: number[]; ends: number[] };

export function viewOf(text: string): View {
  const starts = Array.from(text, (_, at) => at);
  return { text, starts, ends: starts.map((at) => at + 1) };
}

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
  const result: View = { text: '', starts: [], ends: [] };
  const parts: string[] = [];
  const keep = (from: number, to: number) => {
    parts.push(view.text.slice(from, to));
    for (let at = from; at < to; at += 1) {
      result.starts.push(view.starts[at] as number);
      result.ends.push(view.ends[at] as number);
    }
  };
  let at = 0;
  for (const match of view.text.matchAll(pattern)) {
    const next = match.index + match[0].length;
    keep(at, match.index);
    const text = by(match.groups ?? {});
    parts.push(text);
    for (let each = 0; each < text.length; each += 1) {
      result.starts.push(view.starts[match.index] as number);
      result.ends.push(view.ends[next - 1] as number);
    }
    at = next;
  }
  keep(at, view.text.length);
  return { ...result, text: parts.join('') };
}

const BROKEN_ESCAPE = /(%[0-9a-f]?|\\(u[0-9a-f]{0,3}|u\{[0-9a-f]{0,6}|x[0-9a-f]?)?|&(#x?)?[0-9a-z]{0,8})$/i;

/** Removes an incomplete escape from the end of the text. `null` when there is none. */
export function withoutBrokenEscape(view: View): View | null {
  const at = view.text.search(BROKEN_ESCAPE);
  return at === -1 ? null : { text: view.text.slice(0, at), starts: view.starts, ends: view.ends };
}
