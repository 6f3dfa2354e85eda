/** Reads and writes the `traceparent` header of W3C Trace Context, which names the trace of an emitter's request. */

/** The fields of a `traceparent` header. */
export type TraceParent = { traceId: string; spanId: string; sampled: boolean };

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/**
 * Reads a `traceparent` header (W3C Trace Context, section 3.2). A later version is read by the fields that it shares
 * with version 00, as the standard asks.
 * @returns `null` when it is not valid; the caller then begins a new trace
 */
export function parseTraceparent(header: unknown): TraceParent | null {
  const match = typeof header === 'string' ? FORM.exec(header) : null;
  if (match === null) return null;
  const [, version, traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Writes a header of version 00. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
