/** Decodes compressed responses for the log, bounded in size, memory and work, whatever the bytes would become. */
import type { Transform } from 'node:stream';
import { finished } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { unzstdInThread } from './zstd-thread.ts';

export type Decoded = {
  /** the bytes that could be decoded, at most `maxBytes` */
  body: Buffer;
  /** whether there was more, or the stream is broken */
  isCut: boolean;
};

/** Most codings that may wrap one another: no honest response has more. */
const MAX_CODINGS = 3;
/** Most decoders that run at once: each may hold a window of 16 MB. */
const MAX_AT_ONCE = 4;

const inflate = (bytes: Buffer): Transform => {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
  // Senders disagree on what "deflate" is: RFC 1950, which has a checked header, or the bare RFC 1951.
  const hasZlibHeader =
    ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.length > 1 && bytes.readUInt16BE(0) % 31 === 0;
  return hasZlibHeader ? zlib.createInflate(options) : zlib.createInflateRaw(options);
};
const gunzip = () => zlib.createGunzip({ finishFlush: zlib.constants.Z_SYNC_FLUSH });
const unbrotli = () => zlib.createBrotliDecompress({ finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH });

type Decode = (bytes: Buffer, maxBytes: number) => Promise<Decoded>;

const DECODERS = new Map<string, Decode>([
  ['gzip', through(gunzip)],
  ['x-gzip', through(gunzip)],
  ['deflate', through(inflate)],
  ['br', through(unbrotli)],
  ['zstd', unzstdInThread],
]);

const inTurn = createTurns(MAX_AT_ONCE);

/**
 * @param codings as `content-encoding` lists them: the one applied last comes last
 * @returns `null` where there is nothing to decode, a coding is not known, or nothing could be read
 */
export async function decodeBody(
  bytes: Buffer,
  codings: readonly string[],
  maxBytes: number,
): Promise<Decoded | null> {
  if (codings.length === 0 || codings.length > MAX_CODINGS || bytes.length === 0) return null;
  let body = bytes;
  let isCut = false;
  for (const coding of codings.toReversed()) {
    const decode = DECODERS.get(coding);
    if (decode === undefined) return null;
    const input = body;
    const decoded = await inTurn(() => decode(input, maxBytes));
    if (decoded.body.length === 0 && decoded.isCut) return null;
    body = decoded.body;
    isCut ||= decoded.isCut;
  }
  return { body, isCut };
}

/** A stream is fed in small pieces, so that everything before the piece that breaks it is shown. */
const PIECE_BYTES = 64;

/** Decodes through a stream of zlib, which is stopped after `maxBytes`. */
function through(create: (bytes: Buffer) => Transform): Decode {
  return async (bytes, maxBytes) => {
    const stream = create(bytes);
    const chunks: Buffer[] = [];
    let length = 0;
    let isBroken = false;
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) stream.destroy();
    });
    const ended = finished(stream).catch((error: NodeJS.ErrnoException) => {
      isBroken = error.code !== 'ERR_STREAM_PREMATURE_CLOSE';
    });
    for (let at = 0; at < bytes.length && !stream.destroyed; at += PIECE_BYTES) {
      const written = new Promise((resolve) => stream.write(bytes.subarray(at, at + PIECE_BYTES), resolve));
      // A destroyed stream does not call back for its writes.
      await Promise.race([written, ended]);
    }
    if (!stream.destroyed) stream.end();
    await ended;
    return { body: Buffer.concat(chunks).subarray(0, maxBytes), isCut: isBroken || length > maxBytes };
  };
}

/** Runs at most `places` at once; the others wait for their turn. */
function createTurns(places: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async (work) => {
    if (busy >= places) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) busy -= 1;
      else next();
    }
  };
}
