/** Who asks: every route but the public ones needs a key, sent as `X-API-Key` or as a bearer token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../domain/errors.ts';

const PUBLIC = /^\/(healthz|readyz|metrics|openapi\.json|docs(\/|$)|$)/;

/** Guards every route of the app but the public ones. */
export function requireKey(app: FastifyInstance, adminKey: string): void {
  const expected = digest(adminKey);
  app.addHook('onRequest', async (request) => {
    if (PUBLIC.test(request.url.split('?')[0] ?? '')) return;
    const given = keyOf(request);
    if (given === null) {
      throw new Problem(
        'unauthorized',
        'Send an API key in the X-API-Key header, or as Authorization: Bearer <key>.',
      );
    }
    // Digests have one length and are compared in constant time: nothing about the key leaks.
    if (!timingSafeEqual(digest(given), expected)) {
      throw new Problem(
        'unauthorized',
        'This API key is not valid. The admin key is in the file that the start shows.',
      );
    }
  });
}

function keyOf(request: FastifyRequest): string | null {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

const digest = (text: string) => createHash('sha256').update(text).digest();
