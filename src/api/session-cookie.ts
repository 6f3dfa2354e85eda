/** The cookie of a session, and the header that a request with it needs to change anything. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_S } from '../store/sessions.ts';

const NAME = 'tidings_session';
/** Browsers take a name with this prefix only with `Secure`, and from this very host: a neighbouring host cannot set it. */
const SECURE_NAME = `__Host-${NAME}`;

/**
 * A form of another site can send a cookie, but not a header of its own. A script of another site would have to ask first (CORS), and
 * nobody answers. Any value will do.
 */
export const CSRF_HEADER = 'x-tidings-csrf';

const CHANGES_NOTHING: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Whether the request may be made with a cookie: it changes nothing, or has the header. */
export const isFromPage = ({ method, headers }: FastifyRequest) =>
  CHANGES_NOTHING.includes(method) || (headers[CSRF_HEADER] ?? '') !== '';

/** @returns the value of the session's cookie; `null`: there is none */
export function cookieOf(request: FastifyRequest, publicUrl: string): string | null {
  const wanted = nameFor(request, publicUrl);
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name = '', value = ''] = pair.split('=', 2);
    if (name.trim() === wanted && value.trim() !== '') return value.trim();
  }
  return null;
}

/** @param value `null`: the cookie is removed */
export function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl: string,
  value: string | null,
): void {
  const isSecure = isHttps(request, publicUrl);
  const attributes = [
    `${nameFor(request, publicUrl)}=${value ?? ''}`,
    'Path=/',
    `Max-Age=${value === null ? 0 : SESSION_S}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
  ];
  reply.header('set-cookie', attributes.join('; '));
}

const nameFor = (request: FastifyRequest, publicUrl: string) =>
  isHttps(request, publicUrl) ? SECURE_NAME : NAME;

/** A proxy that ends TLS says so. Whoever makes that up gets a cookie that their browser does not send over http. */
function isHttps({ headers }: FastifyRequest, publicUrl: string): boolean {
  const forwarded = headers['x-forwarded-proto'];
  const scheme = typeof forwarded === 'string' ? forwarded.split(',')[0]?.trim() : undefined;
  return publicUrl.startsWith('https:') || scheme?.toLowerCase() === 'https';
}
