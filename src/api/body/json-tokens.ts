/**
 * Finds the ends of JSON strings, numbers and literals (RFC 8259, sections 3, 6 and 7). `NONE`: the text is no such token.
 * `TOO_LONG`: the token does not end before `limit`, and is not read further.
 */

export const NONE = -1;
export const TOO_LONG = -2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LOWER_U = 0x75;
const ESCAPED = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));
const HEX_DIGITS = 4;

/** @param start offset of the opening quote */
export function endOfString(text: string, start: number, limit: number): number {
  const end = Math.min(text.length, limit);
  for (let at = start + 1; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < SPACE) return NONE;
    if (code !== BACKSLASH) continue;
    at += 1;
    if (text.charCodeAt(at) === LOWER_U) {
      for (let digit = 1; digit <= HEX_DIGITS; digit += 1) {
        if (!isHexDigit(text.charCodeAt(at + digit))) return NONE;
      }
      at += HEX_DIGITS;
    } else if (!ESCAPED.has(text.charCodeAt(at))) return NONE;
  }
  return end < text.length ? TOO_LONG : NONE;
}

const isHexDigit = (code: number) =>
  (code >= ZERO && code <= NINE) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

export function endOfNumber(text: string, start: number, limit: number): number {
  let at = text.charCodeAt(start) === MINUS ? start + 1 : start;
  // No digit may follow a leading zero. The scanner refuses one as the next token.
  at = text.charCodeAt(at) === ZERO ? at + 1 : endOfDigits(text, at, limit);
  if (at >= 0 && text.charCodeAt(at) === POINT) at = endOfDigits(text, at + 1, limit);
  if (at < 0) return at;
  const code = text.charCodeAt(at);
  if (code !== UPPER_E && code !== LOWER_E) return at;
  const sign = text.charCodeAt(at + 1);
  return endOfDigits(text, sign === PLUS || sign === MINUS ? at + 2 : at + 1, limit);
}

/** There has to be at least one digit. */
function endOfDigits(text: string, start: number, limit: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) {
    if (at >= limit) return TOO_LONG;
    at += 1;
  }
  return at === start ? NONE : at;
}

export function endOfLiteral(text: string, start: number): number {
  const literal = ['true', 'false', 'null'].find((each) => text.startsWith(each, start));
  return literal === undefined ? NONE : start + literal.length;
}
