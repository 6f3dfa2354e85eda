/** The filters of a list of deliveries, as they stand in the address. */
import type { Schemas } from '@tidings/client';

export type DeliverySummary = Schemas['DeliverySummary'];
export type Status = DeliverySummary['status'];
export type ErrorCode = NonNullable<DeliverySummary['last_error']>;

/** Names of the filters in the address; those of the API, and `range`. */
export const FILTER_NAMES = [
  'status',
  'event_type',
  'endpoint_id',
  'event_id',
  'error_code',
  'response_status',
  'is_test',
  'range',
  'after',
  'before',
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

export const RANGES = {
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
} as const;
export type Range = keyof typeof RANGES;

/** A filter as the API takes it. */
export type DeliveryFilter = {
  status?: Status;
  event_type?: string;
  endpoint_id?: string;
  event_id?: string;
  error_code?: ErrorCode;
  response_status?: number;
  is_test?: 'true' | 'false';
  after?: string;
  before?: string;
};

export const isRange = (value: string | null): value is Range =>
  value !== null && Object.hasOwn(RANGES, value);

/** A time of the address or of an input as ISO 8601; `null`: it is none. */
function timeOf(value: string | null): string | null {
  if (value === null || value === '') return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/**
 * Reads a filter. What the API would refuse is left out, as are words of another page.
 * @param statuses those that there are; `errors` likewise
 * @param nowMs from which a range is counted back
 */
export function filterOf(
  search: URLSearchParams,
  statuses: readonly string[],
  errors: readonly string[],
  nowMs: number,
): DeliveryFilter {
  const one = (name: FilterName) => search.get(name)?.trim() || null;
  const [status, error, code, range] = [
    one('status'),
    one('error_code'),
    one('response_status'),
    one('range'),
  ];
  const after = isRange(range) ? new Date(nowMs - RANGES[range]).toISOString() : timeOf(one('after'));
  const before = timeOf(one('before'));
  return {
    ...(status !== null && statuses.includes(status) && { status: status as Status }),
    ...(one('event_type') !== null && { event_type: one('event_type') as string }),
    ...(one('endpoint_id') !== null && { endpoint_id: one('endpoint_id') as string }),
    ...(one('event_id') !== null && { event_id: one('event_id') as string }),
    ...(error !== null && errors.includes(error) && { error_code: error as ErrorCode }),
    ...(isHttpCode(code) && { response_status: Number(code) }),
    ...(isTruth(one('is_test')) && { is_test: one('is_test') as 'true' | 'false' }),
    ...(after !== null && { after }),
    ...(before !== null && !isRange(range) && { before }),
  };
}

const isTruth = (value: string | null) => value === 'true' || value === 'false';

export const isHttpCode = (value: string | null): boolean => /^[1-5]\d\d$/.test(value ?? '');

export const isEndpointId = (value: string): boolean => /^ep_[0-9a-z]{26}$/.test(value);
export const isBeginningOfEndpointId = (value: string): boolean =>
  'ep_'.startsWith(value) || /^ep_[0-9a-z]{0,26}$/.test(value);

/** Whether a delivery, as it is now, belongs into the list of a filter. */
export function matches(delivery: DeliverySummary, filter: DeliveryFilter): boolean {
  const { status, event_type, endpoint_id, event_id, error_code, response_status, is_test, after, before } =
    filter;
  return (
    (status === undefined || delivery.status === status) &&
    (event_type === undefined || delivery.event_type === event_type) &&
    (endpoint_id === undefined || delivery.endpoint_id === endpoint_id) &&
    (event_id === undefined || delivery.event_id === event_id) &&
    (error_code === undefined || delivery.last_error === error_code) &&
    (response_status === undefined || delivery.last_response_status === response_status) &&
    (is_test === undefined || String(delivery.is_test) === is_test) &&
    (after === undefined || Date.parse(delivery.created_at) > Date.parse(after)) &&
    (before === undefined || Date.parse(delivery.created_at) < Date.parse(before))
  );
}

/**
 * The acts that make sense for all that a filter matches. Absent status: what failed is retried, what has not ended is cancelled. Neither
 * touches tests.
 */
export function bulkActs(filter: DeliveryFilter): { retry: boolean; cancel: boolean } {
  if (filter.event_id !== undefined || filter.is_test === 'true') return { retry: false, cancel: false };
  const { status } = filter;
  return {
    retry: status === undefined || ['failed', 'cancelled', 'succeeded', 'retrying'].includes(status),
    cancel: status === undefined || ['pending', 'delivering', 'retrying', 'held'].includes(status),
  };
}
