/** Texts of the endpoint pages. */
import type { Schemas } from '@tidings/client';
import { plural } from '../plural.ts';

const missed = plural('en', { one: '# event', other: '# events' });

const nothingWaits = 'No delivery is waiting for it.';
const disableWaiting = plural('en', {
  one: '# delivery that waits for it fails with “disabled”. Recover sends it again.',
  other: '# deliveries that wait for it fail with “disabled”. Recover sends them again.',
});
const deleteWaiting = plural('en', {
  one: '# delivery that waits for it fails, and is not sent.',
  other: '# deliveries that wait for it fail, and are not sent.',
});

export const endpoints = {
  endpoint: 'Endpoint',
  health: 'Health',
  created: 'Created',
  create: 'Create endpoint',
  none: 'No endpoint yet',
  noneHint:
    'An endpoint is a URL of yours that gets the events. Create one, and a test event shows at once whether it works.',
  allTypes: 'all',
  types: plural('en', { one: '# type', other: '# types' }),
  healthy: 'Healthy',
  failing: 'Failing',
  inARowSince: (at: string) => `since ${at}`,
  failures: plural('en', { one: '# failure in a row', other: '# failures in a row' }),
  stalled: 'Stalled',
  disabled: 'Disabled',
  unreadable: 'Secrets cannot be read',
  disabledReason: {
    manual: 'on request',
    gone: 'it answered 410 Gone',
    failing: 'it failed for too long',
  } as Record<NonNullable<Schemas['Endpoint']['disabled_reason']>, string>,

  new: 'New endpoint',
  saveAndTest: 'Save and test',
  room: (contract: string, most: number, count: number) =>
    `The contract of ${contract} allows ${most === 1 ? 'one endpoint' : `up to ${most} endpoints`}. ${count === 0 ? 'There is none yet.' : count === 1 ? 'There is one.' : `There are ${count}.`}`,
  full: 'Another one will be refused. Change one that is there, or delete it first.',

  tabs: { deliveries: 'Deliveries', health: 'Health', settings: 'Settings', verify: 'Verify it yourself' },
  eventType: 'Event type',
  sendTest: 'Send test event',
  test: 'Test event',
  testing: 'Sending a test event…',
  isTest: 'test',
  underWay: 'No answer yet. It appears here as soon as it comes.',
  answered: (status: number, duration: string) => `Your endpoint answered ${status} after ${duration}.`,
  openTest: 'Open it in the log',
  enable: 'Enable',
  enabledNow: 'Enabled. New events are sent to it from now on.',
  missed: (count: number, isBound: boolean) =>
    `It has missed ${isBound ? 'at least ' : ''}${missed(count)} that failed for good, or came while it was disabled.`,
  missedSince: 'The first is of',
  dismissMissed: 'Leave these aside',
  disable: 'Disable',
  disableTitle: 'Disable this endpoint?',
  disableWhat:
    'Until it is enabled again, it gets test events alone. Events that are accepted meanwhile are kept: Recover sends them.',
  disableWaiting: (count: number) => (count === 0 ? nothingWaits : disableWaiting(count)),
  disableNote: 'Reason',
  disableNoteHint: 'It is shown to everybody who can see this endpoint.',
  disabledNote: 'Reason given:',
  disabledNow: 'Disabled. It gets test events alone.',
  disabledNotice: {
    manual:
      'This endpoint was disabled through the API or these pages. It gets test events alone. Enable it, and what it missed can be recovered.',
    gone: 'This endpoint answered 410 Gone, which asks for no more deliveries, so it was disabled. If that was a mistake, enable it and recover what it missed.',
    failing:
      'This endpoint was disabled because everything sent to it failed for too long. Mend the receiver, send a test event, then enable it and recover what it missed.',
  } as Record<NonNullable<Schemas['Endpoint']['disabled_reason']>, string>,
  unreadableNotice:
    'Nothing can be sent to this endpoint, because its secrets cannot be read. The operator of this service must put back the key that encrypted them; if it is lost, delete the endpoint and create it anew.',
  actsHint:
    'Recover sends what failed for good or was missed. Replay sends events of a time that you choose. Retry now, at a delivery, sends that one.',
  recover: 'Recover',
  replay: 'Replay',
  delete: 'Delete',
  deleteTitle: 'Delete this endpoint?',
  deleteWhat:
    'Nothing is sent to it any more, and it cannot be brought back. Its deliveries stay in the log until they are old.',
  deleteWaiting: (count: number) => (count === 0 ? nothingWaits : deleteWaiting(count)),
  deletedNow: 'The endpoint is deleted.',

  rotate: 'Rotate secret',
  rotateTitle: 'Rotate the secret',
  rotateOverlaps:
    'A new secret signs from the next delivery. For a while the old one signs beside it, so that nothing is refused until your receiver knows the new one.',
  rotateAtOnce:
    'A new secret signs from the next delivery, in place of the old one: this contract has one signature. Your receiver refuses deliveries until it knows the new secret, and they are retried.',
  overlap: 'The old secret goes on signing for',
  overlaps: {
    0: 'no time: the new one takes over at once',
    3600: 'an hour',
    86400: 'a day',
    604800: 'seven days',
  },
  rotatedNow: 'The secret is rotated.',
  reveal: 'Reveal secret',
  noSecret: 'This endpoint has no secret: its deliveries are not signed. Rotate the secret to give it one.',
  secretTitles: { created: 'Signing secret', revealed: 'Signing secret', rotated: 'New signing secret' },
  secretOnce:
    'It is shown once. Copy it now, and keep it where your receiver reads its other secrets. Your receiver uses it to check that a delivery comes from here.',
  secretRevealed:
    'Whoever has it can make deliveries that look genuine. The activity log notes that you looked.',
  rotatedAtOnce: 'It signs from the next delivery. The old one is no longer used.',
  rotatedOverlap: 'Every delivery has two signatures, of the new secret and of the old one, until',
  rotatedOverlapEnd: (header: string) =>
    `. Both stand in the header ${header}, the newest first: a receiver accepts one that matches. Give your receiver the new secret before then.`,
  howToVerify: 'How to verify a delivery with it',
  hideSecret: 'Hide the secret',

  status: 'Status',
  answer: 'Result',
  attempts: 'Attempts',
  accepted: 'Accepted',
  noDeliveries: 'No deliveries yet',
  noDeliveriesHint: 'Send a test event: it appears here, with what was sent and what came back.',
  filterDeliveries: 'Open in Deliveries, to filter',

  failingSince: 'Failing since',
  inARow: 'Failures in a row',
  disablesAt: 'Disabled, if nothing succeeds until',
  disabledAt: 'Disabled',
  stalledSince: 'Stalled since',
  stalledHint:
    'By this contract nothing more is sent after a delivery failed for good, until a new event arrives.',
  counts: 'Deliveries',
  successRate: 'Succeeded, of those that ended',
  errors: 'By the last error',
  countedSince: 'Counted since',
  told: 'Operational events',
  wholeHistory: 'Whole history',
  history: 'History',
  toldNothing:
    'No operational event: no warning was due, Tidings has not disabled it, and no last attempt has failed.',
  contacts: 'Who is told',
  noContacts: 'Nobody: this tenant has no contacts. Add one under Settings, and warnings reach somebody.',
  contactStates: {
    verified: 'gets notices',
    pending: 'gets nothing before the link in its e-mail is opened',
    unsubscribed: 'has unsubscribed',
    undeliverable: 'is refused by its mail server',
  } as Record<Schemas['Contact']['state'], string>,
  operationalEvents: {
    'endpoint.failing': ({ percent }) => `Warned: ${percent} % of the time until it is disabled have passed`,
    'endpoint.disabled': () => 'Disabled',
    'endpoint.recovered': () => 'Works again',
    'delivery.exhausted': () => 'The last attempt of a delivery failed',
    'delivery.unsendable': () => 'A delivery could not be made',
    'secret.rotated': () => 'The secret was rotated',
    'operation.failed': () => 'An operation failed',
    'contact.undeliverable': () => 'A contact could not be reached',
  } as Record<string, (data: Record<string, unknown>) => string>,

  updated: 'Changed',
  readOnly: 'You may look at this endpoint, but not change it.',
  saved: 'Saved. The change applies from the next attempt.',
  discard: 'Discard changes',
  publicKey: 'Public key',
};
