/** JSON bodies: parsed strictly, with the raw bytes kept for those who must not lose one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import { MAX_BATCH } from '../../domain/event.ts';
import { createFairQueue, QueueFullError } from '../../json-schema/fair-queue.ts';
import { callerOf } from '../auth.ts';
import { createBodyMemory } from './body-memory.ts';
import { welcomeBody } from './early-responses.ts';
import type { Place, ScanRules } from './json-scan.ts';
import { parseRawJson, parseRawJsonInTurns, type RawJson } from './raw-json.ts';
import { readBody } from './read-body.ts';

const raws = new WeakMap<FastifyRequest, RawJson & { bytes: Buffer }>();

const PLACES: readonly Place[] = [['data'], ['example'], ['events', null], ['events', null, 'data']];
const OPAQUE: readonly Place[] = [['data'], ['example'], ['events', null, 'data']];

/** Read at once: less than a millisecond. What is longer has its turns, one body at a time. */
const SHORT_BYTES = 16 * 1024;
/** Of one caller's bodies that wait to be read. */
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

/**
 * @param bounds.maxEventBytes that the data of an event may have
 * @param bounds.maxBytesInHand of the bodies of all requests that are not answered yet
 */
export function acceptJson(
  app: FastifyInstance,
  { maxEventBytes, maxBytesInHand }: { maxEventBytes: number; maxBytesInHand: number },
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
        'Too many large bodies wait to be read. Try again in a second.',
        { retryAfterS: 1, cause: error },
      );
    }
  }

  const hold = createBodyMemory(maxBytesInHand);
  const responses = new WeakMap<FastifyRequest, ServerResponse>();
  app.addHook('preParsing', async (request, reply) => {
    responses.set(request, reply.raw);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (request: FastifyRequest, stream: IncomingMessage) => {
    refuseOtherEncodings(request);
    const response = responses.get(request) as ServerResponse;
    const held = hold(callerOf(request).id);
    response.once('close', held.release);
    const bytes = await readBody(request, stream, { held, begin: () => welcomeBody(request, response) });
    // A POST that needs no body may come with the header all the same.
    if (bytes.length === 0) return undefined;
    const raw = await read(request, bytes);
    // Most of what reads an object passes over this name, and what it names would vanish without a word.
    if (raw.protoAt !== null) {
      throw fieldProblem(raw.protoAt, 'no field can be called __proto__; give it another name');
    }
    raws.set(request, { ...raw, bytes });
    return raw.value;
  });
}

/** The raw body of a request whose body was JSON. */
export function rawBody(request: FastifyRequest): RawJson & { bytes: Buffer } {
  const raw = raws.get(request);
  if (raw === undefined) throw new Error('The route has no JSON body');
  return raw;
}

/** @throws Problem unsupported_media_type: what is compressed, or says that it is not UTF-8, would be read as something else */
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
