/**
 * Regular expressions of tenants, matched in linear time. JSON Schema's patterns are ECMAScript's, whose engine may take
 * exponential time (`^(a+)+$`) and blocks the process meanwhile. This translates them into RE2's syntax, with exactly the meaning
 * that they have with the flag `u`.
 */
import { type AST, RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
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

const parser = new RegExpParser();

/** @throws PatternError when it is not valid, or has no linear-time form */
function translate(pattern: string, refuse: (reason: string, cause?: unknown) => PatternError): string {
  if (pattern.length > MAX_TRANSLATED) throw refuse('it is too large');
  try {
    // The engine decides what is valid: the parser may know a later edition of ECMAScript.
    new RegExp(pattern, 'u');
    return translated(parser.parsePattern(pattern, 0, pattern.length, { unicode: true }), refuse);
  } catch (error) {
    if (error instanceof PatternError) throw error;
    if (error instanceof RangeError) throw refuse('its groups are nested too deeply', error);
    // The messages of the engine and of the parser repeat the pattern before they say what is wrong.
    throw refuse((error as Error).message.split(': ').at(-1) ?? '', error);
  }
}

function translated(tree: AST.Pattern, refuse: (reason: string) => PatternError): string {
  let result = '';
  const write = (text: string) => {
    result += text;
    if (result.length > MAX_TRANSLATED) throw refuse('it is too large');
  };
  // Only whether there is a match matters, so no group need capture.
  const openGroup = () => write('(?:');
  const closeGroup = () => write(')');
  visitRegExpAST(tree, {
    onAlternativeEnter(node) {
      if (node !== node.parent.alternatives[0]) write('|');
    },
    onCapturingGroupEnter: openGroup,
    onCapturingGroupLeave: closeGroup,
    onGroupEnter({ modifiers }) {
      if (modifiers !== null) throw refuse('modifiers are not supported');
      openGroup();
    },
    onGroupLeave: closeGroup,
    onAssertionEnter({ kind, raw }) {
      if (kind === 'lookahead' || kind === 'lookbehind')
        throw refuse('lookahead and lookbehind are not supported');
      write(kind === 'word' ? raw : kind === 'start' ? '\\A' : '\\z');
    },
    onBackreferenceEnter() {
      throw refuse('backreferences are not supported');
    },
    onQuantifierLeave({ raw, element, min, max }) {
      if (min > MAX_REPEATS || (max > MAX_REPEATS && Number.isFinite(max)))
        throw refuse(`it repeats more than ${MAX_REPEATS} times; see minLength, maxLength`);
      write(raw.slice(element.raw.length));
    },
    onCharacterEnter({ parent, value }) {
      if (parent.type !== 'CharacterClassRange') write(literal(value));
    },
    onCharacterSetEnter({ kind, raw, parent }) {
      if (kind === 'any') write('[^\\n\\r\\x{2028}\\x{2029}]');
      else write(parent.type === 'CharacterClass' ? rangesOf(raw) : `[${rangesOf(raw)}]`);
    },
    onCharacterClassEnter({ negate, elements }) {
      // RE2 has no empty class.
      if (elements.length === 0) write(negate ? `[${EVERYTHING}` : `[^${EVERYTHING}`);
      else write(negate ? '[^' : '[');
    },
    onCharacterClassRangeEnter: ({ min, max }) => write(rangeOf(min.value, max.value)),
    onCharacterClassLeave: () => write(']'),
  });
  return result;
}

const EVERYTHING = '\\x{0}-\\x{10ffff}';
const literal = (codePoint: number) => `\\x{${codePoint.toString(16)}}`;

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

const rangeOf = (first = 0, last = 0) => `${literal(first)}-${literal(last)}`;
