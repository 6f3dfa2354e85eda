/** Contacts: the people who are told of a tenant's endpoints, and whether they may be. */

/**
 * pending        set by somebody who may not vouch for it: gets a link and nothing else
 * verified       gets notices
 * unsubscribed   its owner wants none; only its owner can undo that
 * undeliverable  the mail server has refused it for good
 */
export type ContactState = 'pending' | 'verified' | 'unsubscribed' | 'undeliverable';

/** Of one tenant, however it is configured: a change looks at all of them. */
export const MAX_CONTACTS = 100;

/** Whose contacts are trusted without a link: `tenant` verifies those of tenants' own keys, `all` an admin key's too. */
export type VerifyContacts = 'tenant' | 'all' | 'none';

/** Whether somebody with such a key may vouch for an address. */
export function isTrusted(verify: VerifyContacts, isAdmin: boolean): boolean {
  return verify === 'none' || (verify === 'tenant' && isAdmin);
}

/**
 * The state of a contact after it was set, or left where it was.
 * @param current `null`: it was not a contact, nor has it unsubscribed
 */
export function stateWhenSet(current: ContactState | null, trusted: boolean): ContactState {
  if (current === null || current === 'pending') return trusted ? 'verified' : 'pending';
  return current;
}

/** Addresses that differ in case alone are one mailbox to practically every mail server. */
export const sameMailbox = (address: string): string => address.toLowerCase();

/** What counts as one person's mailbox for a bound: without a `+tag`, which anybody can make as many of as they like. */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  const [name = ''] = address.slice(0, at).split('+');
  return sameMailbox(`${name}${address.slice(at)}`);
}

/** Each mailbox once, as it was first written. */
export function distinctContacts(addresses: readonly string[]): string[] {
  const seen = new Set<string>();
  return addresses.filter((address) => {
    const mailbox = sameMailbox(address);
    return !seen.has(mailbox) && seen.add(mailbox);
  });
}
