/** Finds the end of a response's body, by HTTP/1's three framings. Pure, so that it is tested as a table. */
import type { Framing } from './response-head.ts';

export type BodyReader = {
  /**
   * Takes the bytes that came and hands those of the body to `keep`.
   * @returns `left`: the body has ended, and this many of the bytes come after it; `null`: more is to come
   */
  feed(bytes: Buffer, keep: (data: Buffer) => void): { left: number } | null;
  /** the part that is missing when the connection ends here, as a clause; `null`: none */
  missing(): string | null;
};

/** A body that breaks its own framing. The message is a clause. */
export class BrokenBodyError extends Error {}

export function createBodyReader(framing: Framing): BodyReader {
  switch (framing.kind) {
    case 'none':
      return readLength(0);
    case 'length':
      return readLength(framing.length);
    case 'chunked':
      return readChunks();
    case 'close':
      return {
        feed(bytes, keep) {
          keep(bytes);
          return null;
        },
        missing: () => null,
      };
  }
}

function readLength(length: number): BodyReader {
  let remaining = length;
  return {
    feed(bytes, keep) {
      const data = bytes.subarray(0, remaining);
      remaining -= data.length;
      if (data.length > 0) keep(data);
      return remaining > 0 ? null : { left: bytes.length - data.length };
    },
    missing: () =>
      remaining === 0 ? null : `the connection was closed after ${length - remaining} of ${length} bytes`,
  };
}

/** Most bytes of a chunk's size with its extensions, and of all trailers together. */
const MAX_LINE_BYTES = 8 * 1024;
const CHUNK_SIZE = /^[ \t]*([0-9a-f]{1,13})[ \t]*(?:;.*)?$/i;

/** RFC 9112 section 7.1. Lines may end in LF alone, and trailers are passed over. */
function readChunks(): BodyReader {
  let state: 'size' | 'data' | 'after' | 'trailers' | 'end' = 'size';
  let line = '';
  let lineBytes = 0;
  let remaining = 0;

  /** @throws BrokenBodyError */
  function endLine(): void {
    const text = line.replace(/\r$/, '');
    line = '';
    if (state === 'trailers') {
      if (text === '') state = 'end';
      return;
    }
    lineBytes = 0;
    if (state === 'after') {
      if (text !== '') throw new BrokenBodyError('a chunk is longer than its size');
      state = 'size';
      return;
    }
    const [, size] = CHUNK_SIZE.exec(text) ?? [];
    if (size === undefined) throw new BrokenBodyError('a chunk has no size');
    remaining = Number.parseInt(size, 16);
    state = remaining === 0 ? 'trailers' : 'data';
  }

  /** @returns how many of the bytes belong to the line */
  function feedLine(bytes: Buffer): number {
    const lf = bytes.indexOf(0x0a);
    const taken = lf < 0 ? bytes.length : lf + 1;
    lineBytes += taken;
    if (lineBytes > MAX_LINE_BYTES) throw new BrokenBodyError('a line between its chunks has no end');
    line += bytes.toString('latin1', 0, lf < 0 ? taken : lf);
    if (lf >= 0) endLine();
    return taken;
  }

  return {
    feed(bytes, keep) {
      let rest = bytes;
      while (rest.length > 0 && state !== 'end') {
        if (state !== 'data') {
          rest = rest.subarray(feedLine(rest));
          continue;
        }
        const data = rest.subarray(0, remaining);
        keep(data);
        remaining -= data.length;
        rest = rest.subarray(data.length);
        if (remaining === 0) state = 'after';
      }
      return state === 'end' ? { left: rest.length } : null;
    },
    missing: () => (state === 'end' ? null : 'the connection was closed before the last chunk'),
  };
}
