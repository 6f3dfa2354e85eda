/**
 * Parses JSON bodies strictly and keeps the raw text of chosen values, so that an event's `data` is stored as it was written.
 * Nothing re-serialises it: `1.0`, a 20-digit integer and the order of keys survive. A large body is parsed in time slices, and
 * limits are checked before any value is built.
 */
import { isUtf8 } from 'node:buffer';
import { Problem } from '../../domain/errors.ts';
import { nextTurn, takeTurns } from './event-loop-turns.ts';
import { createJsonScan, type JsonScan, type Place, type ScanRules } from './json-scan.ts';

export type RawJson = {
  /** as JSON.parse gives it, with `null` for each value at an opaque place */
  value: unknown;
  text: string;
  /** the raw text of the value at this path, e.g. `['events', 3, 'data']`; undefined when there is none */
  rawAt(path: readonly (string | number)[]): string | undefined;
  /** where the first key `__proto__` stands outside opaque places, dotted; null: nowhere */
  protoAt: string | null;
};

/** Bytes decoded, or characters read, between two looks at the clock: a millisecond or less. */
const STRIDE = 16 * 1024;

/**
 * @param places the paths that `rawAt` knows; to keep all would take many times the memory of the body
 * @throws Problem invalid_encoding, invalid_json, duplicate_key, validation_failed (nested too deeply, too many values)
 */
export function parseRawJson(bytes: Buffer, places: readonly Place[], rules: ScanRules = {}): RawJson {
  refuseOtherBytes(bytes);
  const scan = createJsonScan(bytes.toString('utf8'), places, rules);
  scan.advance(Number.POSITIVE_INFINITY);
  return resultOf(scan);
}

/** The same for a body of any size, in time slices. */
export async function parseRawJsonInTurns(
  bytes: Buffer,
  places: readonly Place[],
  rules: ScanRules = {},
): Promise<RawJson> {
  refuseOtherBytes(bytes);
  const betweenTurns = takeTurns();
  let text = '';
  for (const part of inParts(bytes)) {
    text += part.toString('utf8');
    await betweenTurns();
  }
  const scan = createJsonScan(text, places, rules);
  for (let offset = STRIDE; !scan.advance(offset); offset += STRIDE) await betweenTurns();
  await nextTurn();
  return resultOf(scan);
}

function resultOf(scan: JsonScan): RawJson {
  const { text } = scan;
  const { spans, opaque, protoAt } = scan.finish();
  return {
    value: JSON.parse(withoutSpans(text, opaque)),
    text,
    protoAt,
    rawAt(path) {
      const span = spans.get(JSON.stringify(path));
      return span === undefined ? undefined : text.slice(...span);
    },
  };
}

/** The text with `null` in place of each span. */
function withoutSpans(text: string, spans: readonly (readonly [number, number])[]): string {
  let rest = '';
  let from = 0;
  for (const [start, end] of spans) {
    rest += `${text.slice(from, start)}null`;
    from = end;
  }
  return rest + text.slice(from);
}

/** Uses `isUtf8`, because TextDecoder takes many times as long to find it out. */
function refuseOtherBytes(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new Problem('invalid_encoding', 'The body must be UTF-8.');
}

/** Parts of the bytes, none of which ends inside a character. */
function* inParts(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + STRIDE, bytes.length);
    while (to < bytes.length && isContinuation(bytes[to] ?? 0)) to -= 1;
    yield bytes.subarray(from, to);
    from = to;
  }
}

/** 10xxxxxx: not the first byte of a character. */
const isContinuation = (byte: number) => (byte & 0xc0) === 0x80;
