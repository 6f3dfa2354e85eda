/** Parser for JSON bodies: it is strict, and keeps the raw bytes for the routes that need them unchanged. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import { MAX_BATCH } from '../../domain/event.ts';
import { createFairQueue, QueueFullError } from '../../json-schema/fair-queue.ts';
import { callerOf, payerOf } from '../auth.ts';
import { createBodyMemory } from './body-memory.ts';
import { welcomeBody } from './early-responses.ts';
import type { Place, ScanRules } from './json-scan.ts';
import { parseRawJson, parseRawJsonInTurns, type RawJson } from './raw-json.ts';
import { readBody } from './read-body.ts';

const raws = new WeakMap<FastifyRequest, RawJson & { bytes: Buffer }>();

const PLACES: readonly Place[] = [['data'], ['example'], ['events', null], ['events', null, 'data']];
const OPAQUE: readonly Place[] = [['data'], ['example'], ['events', null, 'data']];

/** Bodies up to this size are parsed at once, in less than a millisecond. Longer ones are parsed in time slices, one at a time. */
const SHORT_BYTES = 16 * 1024;
/** Bytes of one caller's bodies that may wait to be parsed. */
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

/**
 * @param bounds.maxEventBytes limit for the data of an event
 * @param bounds.bodyMemoryBytes memory for the bodies of all requests that are not answered yet
 */
export function acceptJson(
  app: FastifyInstance,
  { maxEventBytes, bodyMemoryBytes }: { maxEventBytes: number; bodyMemoryBytes: number },
): void {
  const rules: ScanRules = {
    opaque: OPAQUE,
    mostOpaqueBytes: maxEventBytes,
    mostItems: [{ place: ['events'], most: MAX_BATCH }],
  };
  const turns = createFairQueue({
    places: 1,
    placesPerKey: 1,
    maxWaiting: Number.POSITIVE_INFINITY,
    maxSize: MAX_WAITING_BYTES,
  });

  async function read(request: FastifyRequest, bytes: Buffer): Promise<RawJson> {
    if (bytes.length <= SHORT_BYTES) return parseRawJson(bytes, PLACES, rules);
    const { id, tenantId } = callerOf(request);
    try {
      const work = () => parseRawJsonInTurns(bytes, PLACES, rules);
      return await turns.run(tenantId ?? id, bytes.length, work);
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      throw new Problem(
        'too_many_requests',
        'Too many large bodies of this tenant wait to be parsed. Try again in a second.',
        { retryAfterS: 1, cause: error },
      );
    }
  }

  const hold = createBodyMemory(bodyMemoryBytes);
  const responses = new WeakMap<FastifyRequest, ServerResponse>();
  app.addHook('preParsing', async (request, reply) => {
    responses.set(request, reply.raw);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (request: FastifyRequest, stream: IncomingMessage) => {
    refuseOtherEncodings(request);
    const response = responses.get(request) as ServerResponse;
    const held = hold(payerOf(request));
    response.once('close', held.release);
    const bytes = await readBody(request, stream, { held, begin: () => welcomeBody(request, response) });
    // A POST without a body may still have the header.
    if (bytes.length === 0) return undefined;
    const raw = await read(request, bytes);
    // Most code that reads an object skips a key of this name, so its value would be lost silently.
    if (raw.protoAt !== null) {
      throw fieldProblem(raw.protoAt, 'no field can be called __proto__; give it another name');
    }
    raws.set(request, { ...raw, bytes });
    return raw.value;
  });
}

/** The raw JSON body of a request. @throws Error when it has none */
export function rawBody(request: FastifyRequest): RawJson & { bytes: Buffer } {
  const raw = raws.get(request);
  if (raw === undefined) throw new Error('The route has no JSON body');
  return raw;
}

/** @throws Problem unsupported_media_type for a body that is compressed or declares a charset other than UTF-8 */
function refuseOtherEncodings({ headers }: FastifyRequest): void {
  const { 'content-encoding': coding = 'identity', 'content-type': type = '' } = headers;
  if (coding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', 'Send the body as it is, without content-encoding.');
  }
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type) ?? [];
  if (!/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new Problem('unsupported_media_type', 'Send the body in UTF-8.');
  }
}
