/** An accepted event: immutable, with its body rendered to the bytes that are sent. */

/** An event as the caller gave it, checked. `data` is the raw JSON text of the field, byte for byte. */
export type EmittedEvent = {
  type: string;
  timestampMs: number;
  data: string;
  /** the caller's own id, if given */
  id: string | undefined;
  /** SHA-256 of the raw request (single) or of the event's raw text (batch); tells a repeated request from a conflicting one */
  requestHash: Buffer;
};

/** A body with the position of the caller's `data`, so that `data` can be shown without being stored twice. */
export type RenderedBody = {
  bytes: Buffer;
  /** `[start, end)` in bytes */
  dataSpan: readonly [number, number];
};

/** Most events in one request. */
export const MAX_BATCH = 500;

export const EVENT_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
export const EVENT_TYPE_PATTERN = /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/;
export const EVENT_TYPE_FILTER_PATTERN = /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*(\.\*)?$/;

/**
 * Whether an endpoint's subscription wants events of `type`.
 * `filters` are exact names or prefixes with `.*` (`student.*` wants `student.created`, not `student`);
 * `null` wants everything.
 */
export function isSubscribed(filters: readonly string[] | null, type: string): boolean {
  if (filters === null) return true;
  return filters.some((filter) =>
    filter.endsWith('.*') ? type.startsWith(filter.slice(0, -1)) : filter === type,
  );
}

/** The filters that want events of `type`: its name, and one prefix for each dot in it. */
export function filtersThatWant(type: string): string[] {
  const filters = [type];
  for (let dot = type.indexOf('.'); dot >= 0; dot = type.indexOf('.', dot + 1)) {
    filters.push(`${type.slice(0, dot)}.*`);
  }
  return filters;
}

/** A timestamp in UTC with `Z`, cut (not rounded) to milliseconds or seconds. */
export function formatTimestamp(timeMs: number, precision: 'milliseconds' | 'seconds'): string {
  const iso = new Date(timeMs).toISOString();
  return precision === 'milliseconds' ? iso : `${iso.slice(0, 19)}Z`;
}
