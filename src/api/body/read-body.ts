/**
 * Reads a request's body within bounds of bytes, shared memory and time. A slow client is not refused: a body that keeps the
 * minimum pace may take as long as it needs.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import type { Held } from './body-memory.ts';

/** Time before the first byte must have come, and for all pauses together. */
export const BODY_GRACE_MS = 20_000;
/** 128 kbit/s, an old ISDN line: 256 KiB take it 16 s, the largest batch 17 minutes. */
export const LEAST_BYTES_PER_S = 16 * 1024;
const LOOK_EVERY_MS = 1_000;

/**
 * @param request its route has the limit for the body
 * @param options.held counts the bytes in the shared memory
 * @param options.begin called before the first byte is read, when the declared length is within the limit
 * @throws Problem payload_too_large, request_timeout, overloaded; invalid_request when it broke off
 */
export async function readBody(
  request: FastifyRequest,
  stream: IncomingMessage,
  { held, begin }: { held: Held; begin(): void },
): Promise<Buffer> {
  const limit = request.routeOptions.bodyLimit ?? 0;
  const declared = Number(request.headers['content-length']);
  if (declared > limit) throw tooLarge(limit);
  begin();
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise<Buffer>((resolve, reject) => {
    const startedMs = performance.now();
    const timer = setInterval(() => {
      const allowedMs = BODY_GRACE_MS + (length / LEAST_BYTES_PER_S) * 1000;
      if (performance.now() - startedMs > allowedMs) fail(tooSlow());
    }, LOOK_EVERY_MS);
    const stop = () => {
      clearInterval(timer);
      stream.off('data', take).off('end', finish).off('error', fail).off('close', breakOff);
    };
    const fail = (error: Error) => {
      stop();
      // early-responses.ts reads and discards what still comes.
      stream.on('error', () => {});
      reject(error);
    };
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) return fail(tooLarge(limit));
      if (!held.grow(chunk.length)) return fail(memoryFull());
      chunks.push(chunk);
    };
    const finish = () => {
      stop();
      resolve(Buffer.concat(chunks, length));
    };
    const breakOff = () =>
      fail(new Problem('invalid_request', 'The connection was closed before the request was complete.'));
    stream.on('data', take).on('end', finish).on('error', fail).on('close', breakOff);
  });
}

const tooLarge = (limit: number) =>
  new Problem(
    'payload_too_large',
    `The request body is larger than the ${limit} bytes that this route accepts.`,
  );
const tooSlow = () =>
  new Problem(
    'request_timeout',
    `The body came too slowly: ${LEAST_BYTES_PER_S} bytes a second are the least, after ${BODY_GRACE_MS / 1000} seconds. Send it again.`,
  );
const memoryFull = () =>
  new Problem(
    'overloaded',
    'Too many large requests are being handled at the moment. Send this one again in a second.',
    {
      retryAfterS: 1,
    },
  );
