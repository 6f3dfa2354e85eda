/**
 * Masks secrets that a receiver's response echoes, for the delivery log, in any encoding: as they are; escaped for JSON, a URL or HTML, also
 * one inside another; in hex or base64; or cut off where the excerpt ends.
 */
import { LRUCache } from 'lru-cache';
import { MASK } from '../domain/endpoint.ts';
import { type Form, formOf } from './search-form.ts';
import {
  endIn,
  startIn,
  unescaped,
  type View,
  viewOf,
  withoutBrokenEscape,
  withoutWhitespace,
} from './text-view.ts';

/** Shorter values are not masked: they are no secrets, and they occur by chance in every body. */
export const MIN_SECRET_LENGTH = 6;
/** How many nested escapings are undone, such as a URL in a JSON string in another JSON string. */
const MAX_NESTED = 3;

/**
 * @param secrets as text; the bytes of a key as Latin-1
 * @param isCut the excerpt ends before the response did, perhaps in the middle of a secret
 * @returns the same bytes with the mask in place of each secret
 */
export function redact(bytes: Buffer, secrets: readonly string[], isCut = false): Buffer {
  if (bytes.length < MIN_SECRET_LENGTH) return bytes;
  const text = bytes.toString('latin1');
  const spans = findSecrets(text, secrets, isCut);
  return spans.length === 0 ? bytes : Buffer.from(mask(text, spans, LATIN1_MASK), 'latin1');
}

/** Redacts the value of a header, which was read as Latin-1, or a message. */
export function redactText(text: string, secrets: readonly string[]): string {
  if (BEYOND_LATIN1.test(text)) return redact(Buffer.from(text), secrets).toString();
  return mask(text, findSecrets(text, secrets, false), MASK);
}

const LATIN1_MASK = Buffer.from(MASK).toString('latin1');
const BEYOND_LATIN1 = /[^\0-\xff]/;

/** A range of the source text; `end` is exclusive. */
type Span = { start: number; end: number };

function mask(text: string, spans: Span[], by: string): string {
  let result = '';
  let at = 0;
  for (const { start, end } of spans) {
    // One secret may contain another, or overlap with it.
    if (end <= at) continue;
    if (start >= at) result += text.slice(at, start) + by;
    at = end;
  }
  return result + text.slice(at);
}

/**
 * Characters compared for one text at most: views times their length times forms. Some tens of ms. A receiver that answers with nested
 * escapes, of an endpoint with many secrets, has all of its text masked beyond it.
 */
const MAX_COMPARED = 10_000_000;

function findSecrets(text: string, secrets: readonly string[], isCut: boolean): Span[] {
  if (text.length < MIN_SECRET_LENGTH) return [];
  const { forms, shortest } = formsOf(secrets);
  // No encoding is shorter than what it stands for. A text that is cut off may end with a part of it.
  if (forms.length === 0 || (!isCut && text.length < shortest)) return [];
  let compared = 0;
  const lookFor =
    (find: (view: View, folded: string, form: Form) => Span[]): Look =>
    (view) => {
      compared += view.text.length * forms.length;
      if (compared > MAX_COMPARED) return [{ start: 0, end: text.length }];
      const folded = fold(view.text);
      return forms.flatMap((form) => find(view, folded, form));
    };
  const brokenOff = lookFor((view, folded, form) => brokenOffIn(view, folded, form, text.length));
  const spans = lookNested(viewOf(text), lookFor(wholeIn), false);
  if (isCut) spans.push(...lookNested(viewOf(text), brokenOff, true));
  return spans.sort((a, b) => a.start - b.start);
}

type Look = (view: View) => Span[];

/** Searches the text, then the text with one level of escapes undone, and so on up to `MAX_NESTED`; each also without white space. */
function lookNested(view: View, look: Look, isCut: boolean, depth = 0, seen = new Set<string>()): Span[] {
  // Several ways of undoing escapes lead to one text.
  if (seen.has(view.text)) return [];
  seen.add(view.text);
  const spans = look(view);
  const joined = withoutWhitespace(view);
  if (joined !== null) spans.push(...look(joined));
  if (depth === MAX_NESTED) return spans;
  const inner = unescaped(view);
  if (inner !== null) spans.push(...lookNested(inner, look, isCut, depth + 1, seen));
  // The text does not say whether its last escape is complete or cut off, so both readings are searched.
  const shorter = isCut ? withoutBrokenEscape(view) : null;
  if (shorter !== null) spans.push(...lookNested(shorter, look, isCut, depth + 1, seen));
  return spans;
}

function wholeIn(view: View, folded: string, form: Form): Span[] {
  const spans: Span[] = [];
  const { length } = form.text;
  for (let at = form.indexIn(folded, 0); at !== -1; at = form.indexIn(folded, at + length)) {
    spans.push({ start: startIn(view, at), end: endIn(view, at + length - 1) });
  }
  return spans;
}

/** Finds the longest beginning of the form that the text ends with. */
function brokenOffIn(view: View, folded: string, form: Form, cutAt: number): Span[] {
  const length = form.beginningAtEndOf(folded);
  if (length < MIN_SECRET_LENGTH) return [];
  return [{ start: startIn(view, folded.length - length), end: cutAt }];
}

/**
 * Maps spellings that differ between encodings to one: hex in upper and lower case, base64 and base64url, a space in a form (`+`).
 * Keeps the length, so that positions stay valid.
 */
function fold(text: string): string {
  return text.toLowerCase().replace(/[+-]/g, ' ').replaceAll('_', '/');
}

type Forms = { forms: Form[] /** length of the shortest */; shortest: number };
/** Forms by list: all headers and the body of a response share one. */
const ofList = new WeakMap<readonly string[], Forms>();
/** Forms by the lists' contents, from one attempt of an endpoint to the next. Counted in characters. */
const ofContents = new LRUCache<string, Forms>({
  maxSize: 2_000_000,
  sizeCalculation: (_, key) => 1 + key.length,
});

/** The encoded secrets to search for. */
function formsOf(secrets: readonly string[]): Forms {
  let found = ofList.get(secrets);
  if (found !== undefined) return found;
  const contents = secrets.map((secret) => `${secret.length} ${secret}`).join();
  found = ofContents.get(contents) ?? makeForms(secrets);
  ofContents.set(contents, found);
  ofList.set(secrets, found);
  return found;
}

/**
 * The text, and what stays of it where escapes are undone. A secret may hold what looks like one: a receiver that escapes a part of it
 * leaves a text that is undone as a whole, `%aasecret` as `%aasecre%74`.
 */
function withoutOwnEscapes(text: string): string[] {
  const forms = [text];
  for (
    let inner = unescaped(viewOf(text));
    inner !== null && forms.length <= MAX_NESTED;
    inner = unescaped(inner)
  ) {
    if (inner.text.length >= MIN_SECRET_LENGTH) forms.push(inner.text);
    else break;
  }
  return forms;
}

function makeForms(secrets: readonly string[]): Forms {
  const forms = new Set<string>();
  for (const secret of secrets) {
    // As UTF-8, and as Latin-1 where the secret fits into it. One byte is one character here.
    const texts = [Buffer.from(secret).toString('latin1'), ...(BEYOND_LATIN1.test(secret) ? [] : [secret])];
    for (const text of texts) {
      if (text.length < MIN_SECRET_LENGTH) continue;
      const bytes = Buffer.from(text, 'latin1');
      for (const form of [...withoutOwnEscapes(text), bytes.toString('hex'), ...base64Forms(bytes)])
        forms.add(fold(form));
    }
  }
  const made = [...forms].map(formOf);
  return { forms: made, shortest: Math.min(...made.map(({ text }) => text.length)) };
}

/**
 * The characters that base64 makes of these bytes at each of its three alignments: those that these bytes alone decide, and the
 * same with the last character, which they decide only where no other byte follows.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    return [text.slice(first, last), text.slice(first)];
  });
}
