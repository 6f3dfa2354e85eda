/**
 * One-pass scanner of JSON text, which runs in as many steps as its caller likes. It checks syntax, repeated keys, depth and size,
 * and finds where the values at given places lie. It builds no values.
 */
// Long because it is one state machine with the tables that drive it.
import { fieldProblem, Problem } from '../../domain/errors.ts';
import { endOfLiteral, endOfNumber, endOfString, NONE, TOO_LONG } from './json-tokens.ts';

/** Path to a value; `null` stands for each item of an array. */
export type Place = readonly (string | null)[];

export type ScanRules = {
  /** places whose values are kept as text and not parsed; the limits on values and characters do not count them */
  opaque?: readonly Place[];
  /** limit for an opaque value. It is compared with characters, of which a text never has more than bytes */
  mostOpaqueBytes?: number;
  /** limits for the number of items of arrays */
  mostItems?: readonly { place: Place; most: number }[];
};

type Span = readonly [start: number, end: number];

export type JsonScan = {
  text: string;
  /**
   * Scans on, up to about this offset.
   * @returns whether the end is reached
   * @throws Problem invalid_json; validation_failed or payload_too_large when a limit is exceeded for certain
   */
  advance(offset: number): boolean;
  /** Call it when the end is reached. @throws Problem invalid_json, duplicate_key, validation_failed, payload_too_large */
  finish(): { spans: Map<string, Span>; opaque: Span[]; protoAt: string | null };
};

/** Levels of nesting: far more than a real event has, far fewer than the parsers can take. */
const MAX_DEPTH = 200;
/** Values outside opaque places, which are parsed and validated in one go. No route needs as many. */
const MAX_VALUES = 20_000;
/** Beyond MAX_VALUES the scan goes on to this number, so that text that is not JSON is still reported as such. */
const MAX_READ_VALUES = 10 * MAX_VALUES;
/** Characters outside opaque places. */
const MAX_LENGTH = 1024 * 1024;
/** Items of an array whose places are found; more than any route takes. */
const MAX_PLACES = 10_000;
const MAX_SHOWN = 100;

/** A node of the tree of places, which the scanner walks along with the text. */
type Area = {
  isKept: boolean;
  isOpaque: boolean;
  mostItems: number;
  members: Map<string, Area>;
  items: Area | undefined;
};

/** An open object or array; `at` is the key or index of its next value. */
type Frame = {
  isObject: boolean;
  seen: Set<string> | null;
  at: string | number;
  start: number;
  area: Area | undefined;
};

/** What may come next. */
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const AFTER_KEY = 4;
const AFTER_VALUE = 5;

// Long because it is one state machine, and its state is local to be fast.
export function createJsonScan(text: string, places: readonly Place[], rules: ScanRules): JsonScan {
  const root = areaOf(places, rules);
  const spans = new Map<string, Span>();
  const opaque: Span[] = [];
  const nesting = createNesting();
  const frames: Frame[] = [];
  // Undefined inside of what is nested too deeply, which is only scanned to its end.
  let frame: Frame | undefined;
  let next = VALUE;
  let offset = 0;
  let values = 0;
  let isInOpaque = false;
  let opaqueStart = 0;
  let protoAt: string | null = null;
  const { mostOpaqueBytes = Number.POSITIVE_INFINITY } = rules;
  /** Why the text is refused if it turns out to be JSON at all. */
  let refusal: Problem | null = null;

  function unexpected(): Problem {
    const what = offset < text.length ? `${JSON.stringify(text[offset])} is unexpected` : 'it ends too early';
    return new Problem('invalid_json', `The body must be JSON: ${what} (${placeOf(text, offset)}).`);
  }

  /** @returns the area of the value that begins here */
  function beginValue(): Area | undefined {
    if (next !== VALUE && next !== VALUE_OR_END) throw unexpected();
    const { at, area: outer } = frame ?? {};
    if (outer !== undefined && typeof at === 'number' && at >= outer.mostItems) throw tooMany(frames, outer);
    const area = frame === undefined ? rootHere() : areaIn(frame);
    if (isInOpaque) {
      if (offset - opaqueStart > mostOpaqueBytes) throw tooLong(mostOpaqueBytes);
      return area;
    }
    values += 1;
    if (values > MAX_READ_VALUES) throw tooManyValues();
    isInOpaque = area?.isOpaque === true;
    opaqueStart = offset;
    return area;
  }

  const rootHere = () => (nesting.depth() === 0 ? root : undefined);

  function endValue(area: Area | undefined, start: number): void {
    next = AFTER_VALUE;
    if (area === undefined) return;
    if (area.isKept) spans.set(JSON.stringify(frames.map(({ at }) => at)), [start, offset]);
    if (!area.isOpaque) return;
    isInOpaque = false;
    opaque.push([start, offset]);
  }

  function open(isObject: boolean): void {
    const area = beginValue();
    nesting.open(isObject);
    if (nesting.depth() > MAX_DEPTH) {
      frame = undefined;
      refusal ??= new Problem('validation_failed', `JSON may be nested at most ${MAX_DEPTH} levels deep.`);
    } else {
      frame = { isObject, seen: null, at: 0, start: offset, area };
      frames.push(frame);
    }
    offset += 1;
    next = isObject ? KEY_OR_END : VALUE_OR_END;
  }

  function close(isObject: boolean): void {
    if (nesting.depth() === 0 || nesting.isObject() !== isObject) throw unexpected();
    if (next !== AFTER_VALUE && next !== (isObject ? KEY_OR_END : VALUE_OR_END)) throw unexpected();
    const ended = nesting.depth() <= MAX_DEPTH ? frames.pop() : undefined;
    nesting.close();
    frame = nesting.depth() <= MAX_DEPTH ? frames.at(-1) : undefined;
    offset += 1;
    endValue(ended?.area, ended?.start ?? 0);
  }

  function comma(): void {
    if (next !== AFTER_VALUE || nesting.depth() === 0) throw unexpected();
    if (frame !== undefined && typeof frame.at === 'number' && !frame.isObject) frame.at += 1;
    next = nesting.isObject() ? KEY : VALUE;
    offset += 1;
  }

  /** @returns the end of a token. @throws Problem when there is no token, or it is too long */
  function endOf(end: number): number {
    if (end === TOO_LONG) throw isInOpaque ? tooLong(mostOpaqueBytes) : tooLongBeside();
    if (end === NONE) throw unexpected();
    return end;
  }

  /** The offset at which a token that begins here is too long. */
  const limit = () => (isInOpaque ? opaqueStart + mostOpaqueBytes : offset + MAX_LENGTH);

  function quoted(): void {
    const start = offset;
    if (next === KEY || next === KEY_OR_END) {
      const end = endOf(endOfString(text, start, limit()));
      if (frame !== undefined && refusal === null) refusal = nameKey(frame, start, end);
      offset = end;
      next = AFTER_KEY;
    } else {
      const area = beginValue();
      offset = endOf(endOfString(text, start, limit()));
      endValue(area, start);
    }
  }

  /** @returns what is wrong with the key */
  function nameKey(inside: Frame, start: number, end: number): Problem | null {
    const raw = text.slice(start + 1, end - 1);
    const name: string = raw.includes('\\') ? JSON.parse(text.slice(start, end)) : raw;
    inside.at = name;
    if (name === '__proto__' && !isInOpaque) protoAt ??= frames.map(({ at }) => at).join('.');
    inside.seen ??= new Set();
    if (!inside.seen.has(name)) {
      inside.seen.add(name);
      return null;
    }
    const shown = JSON.stringify(name.slice(0, MAX_SHOWN));
    const message = `The key ${shown} comes twice in one object (${placeOf(text, start)}). Name it once.`;
    return new Problem('duplicate_key', message);
  }

  function word(isNumber: boolean): void {
    const start = offset;
    const area = beginValue();
    offset = endOf(isNumber ? endOfNumber(text, start, limit()) : endOfLiteral(text, start));
    endValue(area, start);
  }

  function step(): void {
    const code = text.charCodeAt(offset);
    if (code === 0x2c) comma();
    else if (code === 0x22) quoted();
    else if (code === 0x7b || code === 0x5b) open(code === 0x7b);
    else if (code === 0x7d || code === 0x5d) close(code === 0x7d);
    else if (code === 0x3a) {
      if (next !== AFTER_KEY) throw unexpected();
      next = VALUE;
      offset += 1;
    } else if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) offset += 1;
    else word(code === 0x2d || (code >= 0x30 && code <= 0x39));
  }

  return {
    text,
    advance(to) {
      const end = Math.min(to, text.length);
      while (offset < end) step();
      return offset >= text.length;
    },
    finish() {
      if (next !== AFTER_VALUE || nesting.depth() > 0) throw unexpected();
      if (refusal !== null) throw refusal;
      if (values > MAX_VALUES) throw tooManyValues();
      if (opaque.reduce((length, [start, end]) => length - (end - start), text.length) > MAX_LENGTH) {
        throw tooLongBeside();
      }
      return { spans, opaque, protoAt };
    },
  };
}

function areaIn({ at, area }: Frame): Area | undefined {
  if (area === undefined) return undefined;
  if (typeof at === 'string') return area.members.get(at);
  return at < MAX_PLACES ? area.items : undefined;
}

function areaOf(places: readonly Place[], { opaque = [], mostItems = [] }: ScanRules): Area {
  const root = newArea();
  for (const place of places) areaAt(root, place).isKept = true;
  for (const place of opaque) areaAt(root, place).isOpaque = true;
  for (const { place, most } of mostItems) areaAt(root, place).mostItems = most;
  return root;
}

const newArea = (): Area => ({
  isKept: false,
  isOpaque: false,
  mostItems: Number.POSITIVE_INFINITY,
  members: new Map(),
  items: undefined,
});

function areaAt(root: Area, place: Place): Area {
  let area = root;
  for (const step of place) {
    const inner: Area = (step === null ? area.items : area.members.get(step)) ?? newArea();
    if (step === null) area.items = inner;
    else area.members.set(step, inner);
    area = inner;
  }
  return area;
}

/** Stack of open objects and arrays, one byte each: a body may nest as deeply as it has characters. */
function createNesting() {
  let kinds = new Uint8Array(256);
  let depth = 0;
  return {
    depth: () => depth,
    isObject: () => kinds[depth - 1] === 1,
    open(isObject: boolean): void {
      if (depth === kinds.length) {
        const more = new Uint8Array(kinds.length * 2);
        more.set(kinds);
        kinds = more;
      }
      kinds[depth] = isObject ? 1 : 0;
      depth += 1;
    },
    close(): void {
      depth -= 1;
    },
  };
}

/** @param frames the open objects and arrays, the one with too many items last */
function tooMany(frames: readonly Frame[], { mostItems }: Area): Problem {
  const path = frames.slice(0, -1).map(({ at }) => at);
  return fieldProblem(path.join('.'), `may have at most ${mostItems} items in one request`);
}

function tooLong(most: number): Problem {
  return new Problem(
    'payload_too_large',
    `The data of an event may have at most ${most} bytes; this has more.`,
  );
}

function tooLongBeside(): Problem {
  return new Problem(
    'payload_too_large',
    `A body may have at most ${MAX_LENGTH} characters, not counting the data of events.`,
  );
}

function tooManyValues(): Problem {
  return new Problem(
    'validation_failed',
    `A body may hold at most ${MAX_VALUES} values, not counting the data of events.`,
  );
}

const LINE_FEED = 0x0a;

function placeOf(text: string, offset: number): string {
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < offset; at += 1) {
    if (text.charCodeAt(at) !== LINE_FEED) continue;
    line += 1;
    lineStart = at + 1;
  }
  return `line ${line}, column ${offset - lineStart + 1}`;
}
