/**
 * Request bodies whose bytes matter: parsed strictly, with the place of every value, so that an event's `data` can be cut
 * out as it was written. Nothing re-serialises it: `1.0`, a 20-digit integer and the order of keys survive.
 */
import { type ParseErrorCode, visit } from 'jsonc-parser';
import { Problem } from '../domain/errors.ts';

/** Objects and arrays may be nested this deep: far beyond any real event, far below what the parsers can take. */
const MAX_DEPTH = 200;

export type RawJson = {
  value: unknown;
  text: string;
  /** the raw text of the value at this path, e.g. `['events', 3, 'data']`; undefined when there is none */
  rawAt(path: readonly (string | number)[]): string | undefined;
};

/**
 * @param spansTo how deep the places of values are kept: 1 for the members of the body, 3 for `events.N.data`
 * @throws Problem invalid_encoding, invalid_json, duplicate_key, validation_failed (nested too deeply)
 */
export function parseRawJson(bytes: Buffer, spansTo: number): RawJson {
  const text = decode(bytes);
  const value = parse(text);
  const spans = scan(text, spansTo);
  return {
    value,
    text,
    rawAt(path) {
      const span = spans.get(JSON.stringify(path));
      return span === undefined ? undefined : text.slice(...span);
    },
  };
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

function scan(text: string, spansTo: number): Map<string, [number, number]> {
  const spans = new Map<string, [number, number]>();
  const keys: Set<string>[] = [];
  const starts: { path: string | null; offset: number }[] = [];
  let depth = 0;

  const pathKey = (path: readonly (string | number)[]) =>
    path.length <= spansTo ? JSON.stringify(path) : null;

  function open(offset: number, path: () => (string | number)[]): void {
    depth += 1;
    // JSON.parse took the text, but what reads it later recurses.
    if (depth > MAX_DEPTH)
      throw new Problem('validation_failed', `JSON may be nested ${MAX_DEPTH} levels deep.`);
    starts.push({ path: depth <= spansTo + 1 ? pathKey(path()) : null, offset });
  }

  function close(offset: number, length: number): void {
    depth -= 1;
    const start = starts.pop();
    if (start?.path != null) spans.set(start.path, [start.offset, offset + length]);
  }

  visit(
    text,
    {
      onObjectBegin(offset, _length, _line, _character, path) {
        open(offset, path);
        keys.push(new Set());
      },
      onObjectProperty(name, _offset, _length, line, character) {
        const seen = keys.at(-1);
        if (seen?.has(name)) {
          throw new Problem(
            'duplicate_key',
            `The key ${JSON.stringify(name)} comes twice in one object (line ${line + 1}, column ${character + 1}). Name it once.`,
          );
        }
        seen?.add(name);
      },
      onObjectEnd(offset, length) {
        keys.pop();
        close(offset, length);
      },
      onArrayBegin(offset, _length, _line, _character, path) {
        open(offset, path);
      },
      onArrayEnd: close,
      onLiteralValue(_value, offset, length, _line, _character, path) {
        if (depth > spansTo) return;
        const key = pathKey(path());
        if (key !== null) spans.set(key, [offset, offset + length]);
      },
      onError(error: ParseErrorCode, offset) {
        throw new Problem('invalid_json', `The body must be JSON (error ${error} at offset ${offset}).`);
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
  return spans;
}
