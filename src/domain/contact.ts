/** Contacts: the addresses that are notified of a tenant's endpoints, their states, and the rule of who may vouch for one. */

/**
 * pending        set by a key that may not vouch for it: gets a link to confirm, and nothing else
 * verified       gets notifications
 * unsubscribed   its owner wants no notifications; only the owner can undo that
 * undeliverable  the mail server has refused it for good
 */
export type ContactState = 'pending' | 'verified' | 'unsubscribed' | 'undeliverable';

/** Most contacts of one tenant, whatever is configured: a change reads all of them. */
export const MAX_CONTACTS = 100;

/** Contacts that need a link: `tenant` those set by a tenant's own key or the portal, `all` those set by an admin key, too, `none` none. */
export type VerifyContacts = 'tenant' | 'all' | 'none';

/** Whether a key may vouch for an address. */
export function isTrusted(verify: VerifyContacts, isAdmin: boolean): boolean {
  return verify === 'none' || (verify === 'tenant' && isAdmin);
}

/**
 * The state of a contact after a list that holds it was set.
 * @param current `null`: the address was neither a contact nor unsubscribed
 */
export function stateWhenSet(current: ContactState | null, trusted: boolean): ContactState {
  if (current === null || current === 'pending') return trusted ? 'verified' : 'pending';
  return current;
}

/** Addresses that differ in case alone are one mailbox to practically every mail server. */
export const sameMailbox = (address: string): string => address.toLowerCase();

/** The mailbox of an address for rate limits: without its `+tag`, of which anybody can invent any number. */
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
