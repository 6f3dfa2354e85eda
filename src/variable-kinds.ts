/** Kinds of values that environment variables have: how each is parsed, and the message that refuses it. */
import { isIP } from 'node:net';
import { z } from 'zod';

/**
 * Metadata in a variable's schema. Tests choose values to try by `kind`; the documentation and the refusal show `allowed`.
 */
export type ValueMeta = { kind: string; allowed: string; min?: number; max?: number };

/** The metadata of a variable's schema, also beneath its default. */
export function valueMeta(schema: z.ZodType): Partial<ValueMeta> {
  const meta = schema.meta() as Partial<ValueMeta> | undefined;
  if (meta?.kind !== undefined) return meta;
  const { innerType } = schema.def as { innerType?: z.ZodType };
  return innerType === undefined ? {} : valueMeta(innerType);
}

function described<Schema extends z.ZodType>(schema: Schema, meta: ValueMeta): Schema {
  return schema.meta(meta);
}

function number(kind: 'whole' | 'number', pattern: RegExp, min: number, max: number) {
  const allowed = `a ${kind === 'whole' ? 'whole ' : ''}number from ${min} to ${max}`;
  const message = `must be ${allowed}`;
  const schema = z
    .string()
    .trim()
    .regex(pattern, message)
    .transform(Number)
    .pipe(z.number(message).min(min, message).max(max, message));
  return described(schema, { kind, allowed, min, max });
}

/** Digits only: JavaScript would also take `0x10`, `1e3` and blanks, which here are typing errors. */
export const wholeNumber = (min: number, max: number) => number('whole', /^-?\d+$/, min, max);

/** A number that may have a fraction. */
export const decimal = (min: number, max: number) => number('number', /^-?\d+(\.\d+)?$/, min, max);

const DAY_S = 24 * 3600;

/** A duration in seconds, at most `maxDays`. */
export const seconds = (maxDays: number) => decimal(0.001, maxDays * DAY_S);

export const port = () => wholeNumber(0, 65_535);

export const flag = () =>
  described(z.stringbool({ error: 'must be true or false' }), { kind: 'flag', allowed: 'true or false' });

export function oneOf<const Names extends readonly [string, ...string[]]>(...names: Names) {
  const allowed = `one of ${names.join(', ')}`;
  return described(z.enum(names, `must be ${allowed}`), { kind: 'choice', allowed });
}

const isPrintable = (value: string) => value.trim() !== '' && !/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(value);

/** Printable text that `isRight` accepts. The refusal never repeats it, because it may be a secret. */
export function text(kind: string, allowed: string, isRight: (value: string) => boolean = () => true) {
  const message = `must be ${allowed}`;
  const schema = z.string().refine((value) => isPrintable(value) && isRight(value), message);
  return described(schema, { kind, allowed });
}

/** A comma-separated list; blanks and empty entries are dropped. */
export function commaList(kind: string, allowed: string, isRight: (entry: string) => boolean) {
  const message = `must be ${allowed}`;
  const schema = z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    )
    .pipe(z.array(z.string().refine(isRight, message)));
  return described(schema, { kind, allowed });
}

export function isCidr(entry: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

type UrlParts = { schemes: readonly string[]; path?: boolean; userinfo?: boolean; query?: boolean };

/** An absolute URL with a host and nothing but the parts that are named. */
export function isUrl(value: string, { schemes, path, userinfo, query }: UrlParts): boolean {
  if (value !== value.trim() || !URL.canParse(value)) return false;
  const url = new URL(value);
  return (
    schemes.some(
      (scheme) => url.protocol === `${scheme}:` && value.toLowerCase().startsWith(`${scheme}://`),
    ) &&
    url.hostname !== '' &&
    (path || url.pathname === '/' || url.pathname === '') &&
    (userinfo || url.username + url.password === '') &&
    (query || url.search === '') &&
    url.hash === ''
  );
}

/** An http or https URL to which paths are appended; its trailing slashes are dropped. */
export function baseUrl(example: string) {
  const allowed = `an http or https URL like ${example}`;
  const schema = z
    .string()
    .refine((value) => isUrl(value, { schemes: ['http', 'https'], path: true }), `must be ${allowed}`)
    .transform((value) => value.replace(/\/+$/, ''));
  return described(schema, { kind: 'base URL', allowed });
}

const LABEL = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;

/** Whether this is a host name or an IP address. */
export function isHost(value: string): boolean {
  if (isIP(value) !== 0) return true;
  const isDotted = value.split('.').every((label) => LABEL.test(label));
  // A name whose last part is a number is a mistyped IPv4 address.
  return value.length <= 253 && isDotted && !/(^|\.)\d+$/.test(value);
}

/** `host`, `host:port`, `[v6]:port`. */
export function isHostAndPort(value: string): boolean {
  const [, bracketed, host, at] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(value) ?? [];
  if (at !== undefined && (Number(at) < 1 || Number(at) > 65_535)) return false;
  return bracketed === undefined ? isHost(host ?? '') : isIP(bracketed) === 6;
}

/** `https://example.com`, perhaps with a port; `https://*.example.com` is every host below that one. */
export function isOrigin(value: string): boolean {
  const [, at] = /^https?:\/\/(?:\*\.)?([^/*]+)$/.exec(value) ?? [];
  return at !== undefined && isHostAndPort(at);
}

/** `name@example.com` or `Somebody <name@example.com>`: one address. */
export function isMailbox(value: string): boolean {
  const [, address = value] = /^[^<>]*<([^<>]*)>$/.exec(value.trim()) ?? [];
  const [, domain] = /^[^\s@<>,;:"()[\]\\]{1,64}@([^\s@<>]+)$/.exec(address.trim()) ?? [];
  return domain !== undefined && isHost(domain);
}
