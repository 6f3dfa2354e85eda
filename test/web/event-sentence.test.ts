/** Operational events in sentences, also those whose data are not as they should be. */
import type { Format } from '../../web/src/context/format.ts';
import { sentenceOf } from '../../web/src/pages/activity/event-sentence.ts';
import { en } from '../../web/src/texts/en/index.ts';

const format = { dayAndTime: (at: string) => new Date(at).toISOString() } as unknown as Format;

const said = (type: string, data: Record<string, unknown>) =>
  sentenceOf(
    {
      id: 'opev_1',
      type,
      tenant_id: null,
      endpoint_id: null,
      tenant: null,
      endpoint: null,
      data,
      created_at: '2026-11-27T12:00:00Z',
    },
    en,
    format,
  ).text;

test.each([
  [
    'delivery.exhausted',
    { event_type: 'invoice.paid', attempt_count: 3, last_error: 'http_status', last_response_status: 503 },
    'invoice.paid could not be delivered: 3 attempts, then the schedule ended. Last answer: HTTP 503.',
  ],
  [
    'delivery.exhausted',
    { event_type: 'invoice.paid', attempt_count: 1, last_error: 'timeout', last_response_status: null },
    'invoice.paid could not be delivered: one attempt, then the schedule ended. Last error: No answer in time.',
  ],
  [
    'endpoint.disabled',
    { reason: 'gone', deliveries_ended: 1200 },
    'Endpoint disabled: it answered 410 Gone. What waited for it has failed: 1,200 deliveries.',
  ],
  ['endpoint.disabled', { reason: 'moon', deliveries_ended: -1 }, 'Endpoint disabled.'],
  ['contact.undeliverable', { code: '550 5.1.1' }, 'The mail server refused a contact: 550 5.1.1.'],
  ['something.new', {}, 'Operational event something.new.'],
])('%s with %j', (type, data, sentence) => expect(said(type, data)).toBe(sentence));

test('no data are so odd that a sentence breaks', () => {
  const odd = [undefined, null, '', 0, -1, Number.NaN, 'never', [], {}, '2026-99-99', true];
  for (const type of Object.keys(en.activity.events).concat(
    'delivery.exhausted',
    'delivery.unsendable',
    'endpoint.failing',
    'endpoint.disabled',
    'endpoint.recovered',
    'operation.failed',
    'secret.rotated',
    'contact.undeliverable',
  )) {
    for (const value of odd) {
      const names = ['event_type', 'attempt_count', 'last_error', 'last_response_status', 'reason'];
      const more = ['disabled_at', 'failing_since', 'consecutive_failures', 'deliveries_ended', 'code'];
      const data = Object.fromEntries([...names, ...more].map((name) => [name, value]));
      expect(said(type, data)).toMatch(/\w/);
      expect(said(type, data)).not.toMatch(/undefined|null|NaN|Invalid|\[object/);
    }
  }
});
