/** Texts of the event pages. */
import type { Schemas } from '@tidings/client';
import { plural } from '../plural.ts';

const deliveries = plural('en', { one: '# delivery', other: '# deliveries' });

type Obstacle = NonNullable<Schemas['MissedEvent']['obstacle']>;

export const events = {
  send: 'Send an event',
  list: 'List of events',
  event: 'Event',
  eventType: 'Event type',
  happened: 'Happened',
  accepted: 'Accepted',
  outcome: 'Outcome',
  waiting: 'Waiting',
  noDelivery: 'no delivery',
  payload: 'Payload',
  erased: 'Erased',
  any: 'Any',
  searchHint: 'Id or idempotency key',
  none: 'No event yet',
  noneHint: 'Your code sends events to the API. Send one by hand to see what an endpoint gets.',
  noneMatch: 'No event matches',
  noneMatchHint: 'Search takes an id, the beginning of one, or a whole idempotency key.',
  clear: 'Clear filters',

  detail: {
    title: 'Event',
    back: 'All events',
    payload: 'Data of the event',
    payloadHint:
      'As it was emitted. A delivery’s page shows the whole body that its endpoint gets: the contract puts the type and the time around these data.',
    erasedAt: (at: string) => `The payload was erased ${at}. The log of its deliveries stays.`,
    deliveries: 'Deliveries of this event',
    noDeliveries: 'No endpoint got it. The next part says why.',
    noEndpoints: 'No endpoint got it, because there was none.',
    missed: 'Who got nothing, and why',
    nobodyMissed: 'Every endpoint got it, or it is on its way.',
    endpoint: 'Endpoint',
    delivery: 'Delivery',
    status: 'Status',
    why: 'Why',
    since: 'Since',
    whoChangedIt: 'Who changed it',
    helps: 'What helps',
    replayTitle: 'Send this event to this endpoint?',
    replayAsks: (event: string, endpoint: string) =>
      `The event ${event} is sent to ${endpoint}, and to no other endpoint.`,
    replayNothing:
      'Nothing would be sent as things are: the endpoint has got it meanwhile, or it is on its way.',
    replayStarted: 'The event is being sent to the endpoint.',
    missedHelp:
      '“Replay to this endpoint” sends this event to that one endpoint. “Send again with changes” makes a new event, which every endpoint gets that listens to it.',
    replay: 'Replay to this endpoint',
    obstacle: {
      test: 'Nothing needs to be done: it was a test of another endpoint.',
      erased: 'Its payload is erased: emit it again.',
      deleted: 'Nothing: the endpoint is deleted.',
      not_subscribed: 'The endpoint does not listen to this type. Add it, then replay.',
      disabled: 'The endpoint is disabled. Enable it, then replay.',
    } satisfies Record<Obstacle, string> as Record<Obstacle, string>,
    copy: 'Send again with changes',
    erase: 'Erase payload',
    eraseAsks: (id: string) =>
      `The data of ${id} and what receivers answered are erased for good, and deliveries of it that still wait are cancelled. That something was sent, when and with which result stays in the log.`,
    eraseDone: 'The payload is erased.',
    reason: {
      test: 'Test of another endpoint',
      created_later: 'Created later',
      deleted: 'Deleted',
      disabled: 'Disabled',
      not_subscribed: 'Does not listen to this type',
      erased: 'Payload erased',
      failed: 'Failed',
      cancelled: 'Cancelled',
      unknown: 'Not known',
    } satisfies Record<Schemas['MissedEvent']['reason'], string> as Record<
      Schemas['MissedEvent']['reason'],
      string
    >,
  },

  compose: {
    type: 'Event type',
    choose: 'Choose an event type',
    other: 'Another type…',
    otherName: 'Name of the type',
    otherHint: 'Letters, digits and underscores, separated by dots: invoice.paid',
    ofContract: 'Of the contract',
    own: 'Own types',
    data: 'Data',
    format: 'Format',
    example: 'Fill in the example',
    schema: 'Schema',
    key: 'Idempotency key',
    keyHint:
      'A second event with the same key is not sent. Keep it when you are not sure whether the first one arrived.',
    submit: 'Send',
    copied: (id: string) => `Filled in from ${id}. What you send is a new event.`,
    place: (line: number, column: number) => `Line ${line}, column ${column}`,
    expected: {
      value: 'a value is expected here',
      name: 'a name in double quotes is expected here',
      colon: 'a colon is expected here',
      'comma-or-end': 'a comma or the closing bracket is expected here',
      end: 'nothing more is expected after the value',
      string: 'this text does not end, or holds a character that must be escaped',
    },
    goTo: 'Show it',
    sent: (count: number) =>
      count === 0 ? 'Accepted. No endpoint gets it.' : `Accepted: ${deliveries(count)}.`,
    sentTitle: 'Sent',
    sentHint: 'It is on its way. Each line changes by itself.',
    open: 'Open the event',
    nobody: 'No endpoint listens to this type, or there is none yet.',
  },
};
