/** What a receiver has of a request, in the forms in which frameworks give it. */
import { WebhookRefused } from './refusal.ts';

/** `Headers`, Node's `request.headers`, or name-value pairs. Names in any case. */
export type HeadersLike =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>;

/** The bytes as they came: a Buffer is a Uint8Array. A string is taken as UTF-8. */
export type BodyLike = string | Uint8Array | ArrayBuffer;

export type RequestLike = Request | { headers: HeadersLike; body: BodyLike };

/** @returns a function that finds a header by its name; values of a repeated header are joined by a blank */
export function headerReader(headers: HeadersLike): (name: string) => string | null {
  if ('get' in headers && typeof headers.get === 'function') {
    const read = headers.get.bind(headers);
    return (name) => read(name);
  }
  const found = new Map<string, string>();
  const entries = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of entries as Iterable<[string, string | readonly string[] | undefined]>) {
    if (value === undefined) continue;
    const key = name.toLowerCase();
    const before = found.get(key);
    found.set(key, [...(before === undefined ? [] : [before]), ...[value].flat()].join(' '));
  }
  return (name) => found.get(name) ?? null;
}

/** @throws WebhookRefused body_missing, body_parsed, body_used */
export async function bytesOf(request: RequestLike): Promise<Uint8Array> {
  if ('arrayBuffer' in request && typeof request.arrayBuffer === 'function') {
    if (request.bodyUsed) throw new WebhookRefused('body_used');
    return new Uint8Array(await request.arrayBuffer());
  }
  const body: unknown = request.body;
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  // Also one of another realm, as in a test's sandbox.
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]')
    return new Uint8Array(body as ArrayBuffer);
  throw new WebhookRefused(body === undefined || body === null ? 'body_missing' : 'body_parsed');
}
