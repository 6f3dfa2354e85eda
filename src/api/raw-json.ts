/**
 * Request bodies whose bytes matter: parsed strictly, with the place of every value, so that an event's `data` can be cut
 * out as it was written. Nothing re-serialises it: `1.0`, a 20-digit integer and the order of keys survive.
 */
import { Problem } from '../domain/errors.ts';

/** Objects and arrays may be nested this deep: far beyond any real event, far below what the parsers can take. */
const MAX_DEPTH = 200;
const MAX_SHOWN = 100;

export type RawJson = {
  value: unknown;
  text: string;
  /** the raw text of the value at this path, e.g. `['events', 3, 'data']`; undefined when there is none */
  rawAt(path: readonly (string | number)[]): string | undefined;
  /** where the first key `__proto__` stands outside the places, dotted; null: nowhere */
  protoAt: string | null;
};

/** A place whose raw text will be asked for: `null` stands for each item of an array. */
export type Place = readonly (string | null)[];

/** Of the items of an array; more than any route takes. */
const MAX_PLACES = 10_000;

/**
 * @param places of which `rawAt` will know: to remember all would take many times the memory of the body
 * @throws Problem invalid_encoding, invalid_json, duplicate_key, validation_failed (nested too deeply)
 */
export function parseRawJson(bytes: Buffer, places: readonly Place[]): RawJson {
  const text = decode(bytes);
  const value = parse(text);
  const { spans, protoAt } = scan(text, mapOf(places));
  return {
    value,
    text,
    protoAt,
    rawAt(path) {
      const span = spans.get(JSON.stringify(path));
      return span === undefined ? undefined : text.slice(...span);
    },
  };
}

/** The places as a tree, to be walked along with the text. */
type Area = { isKept: boolean; members: Map<string, Area>; items: Area | undefined };

const newArea = (): Area => ({ isKept: false, members: new Map(), items: undefined });

function mapOf(places: readonly Place[]): Area {
  const root = newArea();
  for (const place of places) {
    let area = root;
    for (const step of place) {
      const next: Area = (step === null ? area.items : area.members.get(step)) ?? newArea();
      if (step === null) area.items = next;
      else area.members.set(step, next);
      area = next;
    }
    area.isKept = true;
  }
  return root;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem('invalid_encoding', 'The body must be UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('invalid_json', `The body must be JSON: ${(error as Error).message}`);
  }
}

/** What a scan is inside of: an object with the keys that it has had, or an array. */
type Frame = {
  seen: Set<string> | null;
  /** where the value in hand belongs: the last key, or the index */
  at: string | number;
  start: number;
  /** undefined: nothing in it is asked for */
  area: Area | undefined;
  /** whether it is part of a place, whose text is taken as it is */
  isVerbatim: boolean;
};

function newFrame(isObject: boolean, start: number, area: Area | undefined, outer: Frame | undefined): Frame {
  const isVerbatim = (area?.isKept ?? false) || (outer?.isVerbatim ?? false);
  return { seen: isObject ? new Set() : null, at: 0, start, area, isVerbatim };
}

/** Goes once over a text that JSON.parse has taken, so that nothing needs to be checked but what JSON.parse lets pass. */
function scan(text: string, root: Area): { spans: Map<string, [number, number]>; protoAt: string | null } {
  const spans = new Map<string, [number, number]>();
  const frames: Frame[] = [];
  let frame: Frame | undefined;
  let offset = 0;
  let protoAt: string | null = null;

  function areaHere(): Area | undefined {
    if (frame === undefined) return root;
    if (typeof frame.at === 'string') return frame.area?.members.get(frame.at);
    return frame.at < MAX_PLACES ? frame.area?.items : undefined;
  }

  function keep(area: Area | undefined, start: number): void {
    if (area?.isKept) spans.set(JSON.stringify(frames.map(({ at }) => at)), [start, offset]);
  }

  while (offset < text.length) {
    const code = text.charCodeAt(offset);
    switch (code) {
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        frame = newFrame(code === OPEN_OBJECT, offset, areaHere(), frame);
        frames.push(frame);
        // JSON.parse took the text, but what reads it later recurses.
        if (frames.length > MAX_DEPTH)
          throw new Problem('validation_failed', `JSON may be nested ${MAX_DEPTH} levels deep.`);
        offset += 1;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY: {
        const ended = frames.pop();
        frame = frames.at(-1);
        offset += 1;
        if (ended) keep(ended.area, ended.start);
        break;
      }
      case COMMA:
        if (frame !== undefined && typeof frame.at === 'number') frame.at += 1;
        offset += 1;
        break;
      case COLON:
      case SPACE:
      case TAB:
      case LINE_FEED:
      case CARRIAGE_RETURN:
        offset += 1;
        break;
      default: {
        const start = offset;
        offset = code === QUOTE ? endOfString(text, start) : endOfWord(text, start);
        if (frame?.seen && code === QUOTE && isKey(text, offset)) {
          nameKey(text, start, offset, frame);
          if (frame.at === '__proto__' && !frame.isVerbatim) protoAt ??= frames.map(({ at }) => at).join('.');
        } else keep(areaHere(), start);
      }
    }
  }
  return { spans, protoAt };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = end - 1;
    while (text.charCodeAt(escapes) === BACKSLASH) escapes -= 1;
    // An even number of backslashes escape each other, not the quote.
    if ((end - escapes) % 2 === 1) return end + 1;
  }
}

/** Of a number, `true`, `false` or `null`. */
function endOfWord(text: string, start: number): number {
  let end = start;
  for (let code = text.charCodeAt(end); isInWord(code); code = text.charCodeAt(end)) end += 1;
  return end;
}

const isInWord = (code: number) =>
  code > SPACE && code !== COMMA && code !== CLOSE_ARRAY && code !== CLOSE_OBJECT;

function isKey(text: string, end: number): boolean {
  let at = end;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === COLON) return true;
    if (!(code === SPACE || code === TAB || code === LINE_FEED || code === CARRIAGE_RETURN)) return false;
    at += 1;
  }
}

function nameKey(text: string, start: number, end: number, frame: Frame): void {
  const inside = text.slice(start + 1, end - 1);
  const name: string = inside.includes('\\') ? JSON.parse(text.slice(start, end)) : inside;
  if (frame.seen?.has(name)) {
    const before = text.slice(0, start).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw new Problem(
      'duplicate_key',
      `The key ${JSON.stringify(name.slice(0, MAX_SHOWN))} comes twice in one object (${place}). Name it once.`,
    );
  }
  frame.seen?.add(name);
  frame.at = name;
}
