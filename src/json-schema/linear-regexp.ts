/**
 * Regular expressions of tenants, matched in linear time. JSON Schema's patterns are ECMAScript's, whose engine may take
 * exponential time (`^(a+)+$`) and blocks the process meanwhile. This translates them into RE2's syntax, with exactly the meaning
 * that they have with the flag `u`.
 */
import { RE2JS } from 're2js';

export type LinearRegExp = {
  test(text: string): boolean;
  toString(): string;
  /** length of the compiled program; at worst each character costs as many steps */
  instructions: number;
};

/** A pattern that is not valid or has no linear-time form; the message says why. */
export class PatternError extends Error {}

/** Characters that a translated pattern may have. A class may become hundreds of ranges. */
const MAX_TRANSLATED = 256 * 1024;
const MAX_REPEATS = 1_000;
const MAX_SHOWN = 100;

/** @throws PatternError naming the pattern and the reason */
export function linearRegExp(pattern: string): LinearRegExp {
  const shown = pattern.length > MAX_SHOWN ? `${pattern.slice(0, MAX_SHOWN)}…` : pattern;
  const refuse = (reason: string, cause?: unknown) =>
    new PatternError(`the pattern ${JSON.stringify(shown)} cannot be used: ${reason}`, { cause });
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    // The engine's own message repeats the pattern before it says what is wrong.
    throw refuse((error as Error).message.split(': ').at(-1) ?? '', error);
  }
  const translated = translate(pattern, refuse);
  try {
    const compiled = RE2JS.compile(translated);
    // Ajv tells patterns apart by their text.
    return {
      test: (text) => compiled.test(text),
      toString: () => pattern,
      instructions: compiled.programSize(),
    };
  } catch (error) {
    const { message } = error as Error;
    throw refuse(
      /repeat count|too large/.test(message) ? 'its repetitions add up to too much' : message,
      error,
    );
  }
}

// The pattern is known to be valid, so whatever is none of these tokens is a single character that stands for itself.
const ESCAPE =
  /\\(?:[pP]\{[^}]*\}|u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u\{[\da-fA-F]+\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|k<[^>]*>|[1-9]\d*|[\s\S])/;
const CLASS = /\[(?:\\[\s\S]|[^\\\]])*\]/;
const GROUP = /\(\?(?:<?[=!]|<[^>]*>|[a-z-]*:)/;
const COUNT = /\{\d+(?:,\d*)?\}/;
const TOKEN = new RegExp([ESCAPE, CLASS, GROUP, COUNT, /[\s\S]/].map(({ source }) => source).join('|'), 'gu');
const CLASS_TOKEN = new RegExp([ESCAPE, /[\s\S]/].map(({ source }) => source).join('|'), 'gu');

function translate(pattern: string, refuse: (reason: string) => PatternError): string {
  let result = '';
  for (const [token] of pattern.matchAll(TOKEN)) {
    result +=
      token.length > 1 && token.startsWith('[') ? translateClass(token) : translateToken(token, refuse);
    if (result.length > MAX_TRANSLATED) throw refuse('it is too large');
  }
  return result;
}

function translateToken(token: string, refuse: (reason: string) => PatternError): string {
  // Only whether there is a match matters, so no group need capture.
  if (token === '(' || token === '(?:' || /^\(\?<[^=!]/.test(token)) return '(?:';
  if (/^\(\?<?[=!]/.test(token)) throw refuse('lookahead and lookbehind are not supported');
  if (token.startsWith('(?')) throw refuse('modifiers are not supported');
  if (/^\\(?:[1-9]|k<)/.test(token)) throw refuse('backreferences are not supported');
  if (/^\{/.test(token)) {
    const most = Math.max(...(token.match(/\d+/g) ?? []).map(Number));
    if (most > MAX_REPEATS)
      throw refuse(`it repeats more than ${MAX_REPEATS} times; see minLength, maxLength`);
    return token;
  }
  if (token === '.') return '[^\\n\\r\\x{2028}\\x{2029}]';
  if (token === '^') return '\\A';
  if (token === '$') return '\\z';
  if (/^(?:[)|*+?]|\\[bB])$/.test(token)) return token;
  return isSet(token) ? `[${rangesOf(token)}]` : literal(token);
}

function translateClass(text: string): string {
  const open = text.startsWith('[^') ? '[^' : '[';
  const tokens: string[] = text.slice(open.length, -1).match(CLASS_TOKEN) ?? [];
  let inside = '';
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    const to = tokens[at + 1] === '-' ? tokens[at + 2] : undefined;
    if (isSet(token)) {
      inside += rangesOf(token);
    } else if (to !== undefined) {
      inside += `${literal(token)}-${literal(to)}`;
      at += 2;
    } else {
      inside += literal(token);
    }
  }
  // RE2 has no empty class.
  if (inside === '') return open === '[' ? `[^${EVERYTHING}]` : `[${EVERYTHING}]`;
  return `${open}${inside}]`;
}

const EVERYTHING = '\\x{0}-\\x{10ffff}';
const isSet = (token: string) => /^\\[dDwWsSpP]/.test(token);
const ESCAPES: Record<string, number> = { f: 12, n: 10, r: 13, t: 9, v: 11, b: 8, '0': 0 };

function literal(token: string): string {
  return `\\x{${codePointOf(token).toString(16)}}`;
}

function codePointOf(token: string): number {
  if (!token.startsWith('\\')) return token.codePointAt(0) ?? 0;
  const [first = '', ...rest] = token.slice(1);
  const hex = token.match(/[\da-fA-F]{2,6}/g);
  if (first === 'u' && hex?.length === 2)
    return String.fromCharCode(...hex.map((each) => Number.parseInt(each, 16))).codePointAt(0) ?? 0;
  if ((first === 'u' || first === 'x') && rest.length > 0)
    return Number.parseInt(token.replaceAll(/[^\da-fA-F]/g, ''), 16);
  if (first === 'c' && rest.length > 0) return (rest[0] ?? '').charCodeAt(0) % 32;
  return ESCAPES[first] ?? first.codePointAt(0) ?? 0;
}

const ranges = new Map<string, string>();

/** The characters that `\s` or `\p{Letter}` matches in ECMAScript's engine, as ranges: RE2's own sets differ. */
function rangesOf(set: string): string {
  if (/^\\[dDwW]$/.test(set)) return set;
  let text = ranges.get(set);
  if (text === undefined) {
    text = runsOf(set);
    ranges.set(set, text);
  }
  return text;
}

function runsOf(set: string): string {
  const runs = new RegExp(`${set}+`, 'gu');
  const found = allCharacters().flatMap((all) =>
    Array.from(all.matchAll(runs), ([run]) => rangeOf(run.codePointAt(0), lastCodePoint(run))),
  );
  // One half of a surrogate pair stands for all: they match alike, and side by side they would be read as pairs.
  if (new RegExp(set, 'u').test('\ud800')) found.push(rangeOf(0xd800, 0xdfff));
  return found.join('');
}

let everything: string[] | undefined;

/** All characters below and above the surrogates; 4 MB, made on the first call. */
function allCharacters(): string[] {
  everything ??= [characters(0, 0xd7ff), characters(0xe000, 0x10ffff)];
  return everything;
}

function characters(first: number, last: number): string {
  const CHUNK = 0x1000;
  let text = '';
  for (let from = first; from <= last; from += CHUNK) {
    const points = Array.from({ length: Math.min(CHUNK, last - from + 1) }, (_, at) => from + at);
    text += String.fromCodePoint(...points);
  }
  return text;
}

function lastCodePoint(text: string): number | undefined {
  const isPair = text.charCodeAt(text.length - 1) >> 10 === 0xdc00 >> 10;
  return text.codePointAt(text.length - (isPair ? 2 : 1));
}

const rangeOf = (first = 0, last = 0) => `\\x{${first.toString(16)}}-\\x{${last.toString(16)}}`;
