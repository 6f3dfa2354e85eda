/** Filters of deliveries: read from an address whatever stands there, and the rows that belong to them. */

import {
  bulkActs,
  type DeliveryFilter,
  type DeliverySummary,
  filterOf,
  isBeginningOfEndpointId,
  isEndpointId,
  matches,
} from '../../web/src/pages/deliveries/filters.ts';
import { patched, withNew } from '../../web/src/pages/deliveries/loaded-rows.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const STATUSES = ['failed', 'succeeded', 'retrying', 'held'];
const read = (query: string) => filterOf(new URLSearchParams(query), STATUSES, ['timeout'], NOW);

test.each<[string, DeliveryFilter]>([
  ['', {}],
  [
    'status=failed&event_type=a.b&endpoint_id=ep_1',
    { status: 'failed', event_type: 'a.b', endpoint_id: 'ep_1' },
  ],
  ['status=nonsense&error_code=nonsense&response_status=9999', {}],
  ['response_status=503&error_code=timeout', { response_status: 503, error_code: 'timeout' }],
  ['range=1h', { after: '2026-03-01T11:00:00.000Z' }],
  ['range=1h&after=2020-01-01T00:00:00Z&before=2020-01-02T00:00:00Z', { after: '2026-03-01T11:00:00.000Z' }],
  ['range=custom&after=2026-01-01T00:00:00%2B01:00', { after: '2025-12-31T23:00:00.000Z' }],
  ['after=yesterday&before=', {}],
  ['range=toString', {}],
  ['q=1&other=2', {}],
])('%s', (query, filter) => expect(read(query)).toEqual(filter));

const row = (id: string, more: Partial<DeliverySummary> = {}): DeliverySummary => ({
  id,
  tenant_id: 'ten_1',
  event_id: 'evt_1',
  endpoint_id: 'ep_1',
  event_type: 'a.b',
  is_test: false,
  status: 'failed',
  held_reason: null,
  attempt_count: 1,
  last_error: 'http_status',
  last_response_status: 503,
  created_at: `2026-03-01T11:00:0${id}.000Z`,
  next_attempt_at: null,
  ended_at: null,
  ...more,
});

test.each<[DeliveryFilter, boolean]>([
  [{}, true],
  [{ status: 'failed', event_type: 'a.b', endpoint_id: 'ep_1', event_id: 'evt_1' }, true],
  [{ status: 'succeeded' }, false],
  [{ error_code: 'timeout' }, false],
  [{ response_status: 503 }, true],
  [{ after: '2026-03-01T11:00:01.000Z' }, false],
  [{ after: '2026-03-01T10:59:59.000Z', before: '2026-03-01T11:00:02.000Z' }, true],
])('a row matches %j: %s', (filter, expected) => expect(matches(row('1'), filter)).toBe(expected));

const loaded = {
  pages: [
    { items: [row('5'), row('4')], next_cursor: 'c' },
    { items: [row('3'), row('2')], next_cursor: null },
  ],
  pageParams: [undefined, 'c'],
};
const ids = (data: typeof loaded) => data.pages.map(({ items }) => items.map(({ id }) => id).join(''));

test('new rows stand at their places, and pages that nothing changed stay the same objects', () => {
  expect(ids(withNew(loaded, [row('6'), row('8'), row('7')]) as typeof loaded)).toEqual(['87654', '32']);
  const changed = patched(loaded, new Map([['3', row('3', { status: 'succeeded' })]]));
  expect(changed.pages[0]).toBe(loaded.pages[0]);
  expect(changed.pages[1]?.items.map(({ status }) => status)).toEqual(['succeeded', 'failed']);
});

test.each<[DeliveryFilter, boolean, boolean]>([
  [{}, true, true],
  [{ status: 'failed' }, true, false],
  [{ status: 'retrying' }, true, true],
  [{ status: 'held' }, false, true],
  [{ event_id: 'evt_1' }, false, false],
])('all that %j matches: retry %s, cancel %s', (filter, retry, cancel) =>
  expect(bulkActs(filter)).toEqual({ retry, cancel }),
);

test.each([
  ['ep_01jd8v3q4xf5rbn6c3m2z9k7wh', true, true],
  ['ep_01jd8v3q', false, true],
  ['e', false, true],
  ['', false, true],
  ['ep_01jd8v3q4xf5rbn6c3m2z9k7wh0', false, false],
  ['ep_01JD8', false, false],
  ['dlv_01jd8v3q4xf5rbn6c3m2z9k7wh', false, false],
  ['https://hooks.example.com', false, false],
])('"%s" as an id of an endpoint: whole %s, a beginning of one %s', (typed, isWhole, isBeginning) => {
  expect([isEndpointId(typed), isBeginningOfEndpointId(typed)]).toEqual([isWhole, isBeginning]);
});
