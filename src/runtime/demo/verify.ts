/**
 * How a receiver checks that a request is genuine, for each contract: written from the products' documents, apart from the
 * code that signs, so that the two can disagree.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What the receiver knows: a signing secret, or the value that it expects in `authorization`. */
export type Knows = { secret?: string | undefined; authorization?: string | undefined };

const TOLERANCE_S = 300;

/** @returns what is wrong with the request, or `null` when it is genuine */
export function whyNotGenuine(
  profile: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
  knows: Knows,
): string | null {
  switch (profile) {
    case 'standard-webhooks':
      return standardWebhooks(headers, body, knows.secret ?? '');
    case 'reading-steps':
      return same(header(headers, 'x-readingsteps-signature'), `sha256=${hexHmac(knows.secret ?? '', body)}`);
    case 'scorm-api':
      return knows.secret === undefined
        ? null
        : same(header(headers, 'x-allure-signature'), hexHmac(knows.secret, body));
    default:
      return knows.authorization === undefined
        ? null
        : same(header(headers, 'authorization'), knows.authorization);
  }
}

function standardWebhooks(headers: IncomingHttpHeaders, body: Buffer, secret: string): string | null {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_S)
    return 'the timestamp is too far from now';
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const signatures = header(headers, 'webhook-signature').split(' ');
  return signatures.some((signature) => same(signature, `v1,${expected}`) === null)
    ? null
    : 'no signature matches';
}

const header = (headers: IncomingHttpHeaders, name: string) => String(headers[name] ?? '');
const hexHmac = (secret: string, body: Buffer) => createHmac('sha256', secret).update(body).digest('hex');

function same(given: string, expected: string): string | null {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b) ? null : 'the signature or credential does not match';
}
