/** JSON bodies: parsed strictly, with the raw bytes kept for those who must not lose one. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fieldProblem, Problem } from '../domain/errors.ts';
import { type Place, parseRawJson, type RawJson } from './raw-json.ts';

const raws = new WeakMap<FastifyRequest, RawJson & { bytes: Buffer }>();

const PLACES: readonly Place[] = [['data'], ['example'], ['events', null], ['events', null, 'data']];

export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      refuseOtherEncodings(request);
      // A POST that needs no body may come with the header all the same.
      if (bytes.length === 0) return undefined;
      const raw = parseRawJson(bytes, PLACES);
      // Most of what reads an object passes over this name, and what it names would vanish without a word.
      if (raw.protoAt !== null) {
        throw fieldProblem(raw.protoAt, 'no field can be called __proto__; give it another name');
      }
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
