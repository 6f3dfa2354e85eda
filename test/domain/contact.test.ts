/** The rules for contacts: who may change a contact's state, what a change keeps, and which addresses count as the same. */
import {
  type ContactState,
  distinctContacts,
  isTrusted,
  mailboxOf,
  stateWhenSet,
  type VerifyContacts,
} from '../../src/domain/contact.ts';

test.each<[VerifyContacts, boolean, boolean]>([
  ['tenant', true, true],
  ['tenant', false, false],
  ['all', true, false],
  ['all', false, false],
  ['none', true, true],
  ['none', false, true],
])('verifying %s, the word of an admin key (%s) is trusted: %s', (verify, isAdmin, expected) => {
  expect(isTrusted(verify, isAdmin)).toBe(expected);
});

test.each<[ContactState | null, boolean, ContactState]>([
  [null, true, 'verified'],
  [null, false, 'pending'],
  ['pending', true, 'verified'],
  ['pending', false, 'pending'],
  ['verified', true, 'verified'],
  ['verified', false, 'verified'],
  ['unsubscribed', true, 'unsubscribed'],
  ['unsubscribed', false, 'unsubscribed'],
  ['undeliverable', true, 'undeliverable'],
  ['undeliverable', false, 'undeliverable'],
])('a contact that was %s and is set by somebody trusted (%s) is %s', (before, trusted, after) => {
  expect(stateWhenSet(before, trusted)).toBe(after);
});

test.each([
  ['ops@example.com', 'ops@example.com'],
  ['Ops+a+b@Example.COM', 'ops@example.com'],
  ['+a@example.com', '@example.com'],
])('%s is bounded as %s', (address, mailbox) => {
  expect(mailboxOf(address)).toBe(mailbox);
});

test('each mailbox is one contact, as it was first written', () => {
  expect(distinctContacts(['B@x.org', 'a@x.org', 'b@x.org', 'A@X.org', 'b+1@x.org'])).toEqual([
    'B@x.org',
    'a@x.org',
    'b+1@x.org',
  ]);
});
