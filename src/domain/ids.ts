/** Ids are TypeIDs (prefix + UUIDv7 in Crockford base32): readable, unique, and sorted by time of creation. */
import { fromString, fromUUIDBytes, toUUIDBytes, typeidUnboxed } from 'typeid-js';
import { clockOffsetMs } from './clock.ts';

export const ID_PREFIXES = {
  tenant: 'ten',
  endpoint: 'ep',
  event: 'evt',
  delivery: 'dlv',
  notification: 'ntf',
  operationalEvent: 'opev',
  press: 'prs',
  request: 'req',
  key: 'key',
  auditEntry: 'aud',
  operation: 'op',
  contact: 'con',
  message: 'msg',
  session: 'ses',
  portalSession: 'prt',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** A new id of the kind, e.g. `dlv_01jd8v3q4xf5rbn6c3m2z9k7wh`, by the database's clock. */
export function newId(kind: IdKind): string {
  const prefix = ID_PREFIXES[kind];
  const id = typeidUnboxed(prefix);
  const offsetMs = clockOffsetMs();
  if (offsetMs === 0) return id;
  const bytes = toUUIDBytes(fromString(id, prefix));
  Buffer.from(bytes.buffer, bytes.byteOffset).writeUIntBE(idTimeMs(id) + offsetMs, 0, 6);
  return fromUUIDBytes(prefix, bytes);
}

/** Whether `value` has the form of an id of that kind; says nothing about whether the thing exists. */
export function isId(kind: IdKind, value: string): boolean {
  try {
    fromString(value, ID_PREFIXES[kind]);
    return true;
  } catch {
    return false;
  }
}

/** The part after the prefix, which `dlv_x` and `delivery_x`, or `ep_x` and `webhook_x`, share. */
export function idSuffix(id: string): string {
  return id.slice(id.lastIndexOf('_') + 1);
}

/** The creation time that the id carries, in Unix milliseconds. Rows store it as `created_at`. */
export function idTimeMs(id: string): number {
  const prefix = id.slice(0, id.lastIndexOf('_'));
  return Buffer.from(toUUIDBytes(fromString(id, prefix))).readUIntBE(0, 6);
}

/** The smallest id that could be made at `timeMs`. It turns a bound on time into a bound on ids. */
export function firstIdAt(kind: IdKind, timeMs: number): string {
  const bytes = new Uint8Array(16);
  Buffer.from(bytes.buffer).writeUIntBE(Math.max(0, Math.min(timeMs, 2 ** 48 - 1)), 0, 6);
  return fromUUIDBytes(ID_PREFIXES[kind], bytes);
}
