/** JSON bodies: parsed strictly, with the raw bytes kept for those who must not lose one. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseRawJson, type RawJson } from './raw-json.ts';

const raws = new WeakMap<FastifyRequest, RawJson & { bytes: Buffer }>();

/** Deep enough for the places of `events.N.data`. */
const SPANS_TO = 3;

export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      // A POST that needs no body may come with the header all the same.
      if (bytes.length === 0) return undefined;
      const raw = parseRawJson(bytes, SPANS_TO);
      raws.set(request, { ...raw, bytes });
      return raw.value;
    },
  );
}

/** The raw body of a request whose body was JSON. */
export function rawBody(request: FastifyRequest): RawJson & { bytes: Buffer } {
  const raw = raws.get(request);
  if (raw === undefined) throw new Error('The route has no JSON body');
  return raw;
}
