/**
 * Tokens in links to contacts. A token is a MAC over its purpose and its contact, under a key derived from the key ring. The database
 * therefore holds nothing that opens a link, and a token for one purpose is not valid for another.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from './vault.ts';

/** A `verify` link works once and only while it is the newest; the others work for as long as the key is in the ring. */
export type LinkPurpose = 'verify' | 'unsubscribe' | 'resubscribe';

export type ContactLinks = {
  /** @param nonce of the link, where the purpose is `verify` */
  tokenFor(purpose: LinkPurpose, contactId: string, nonce?: Buffer): string;
  /** @returns `null` when the token was not made by us for this purpose */
  read(purpose: LinkPurpose, token: string): { contactId: string; nonce: Buffer } | null;
};

const TOKEN = /^(con_[0-9a-z]{26})\.([A-Za-z0-9_-]{0,64})\.([A-Za-z0-9_-]{43})$/;

/** A token reads `<contact's id>.<nonce>.<MAC>`. The ring's first key makes tokens; all of its keys verify them. */
export function createContactLinks(keyRing: KeyRing): ContactLinks {
  const keys = keyRing.map(({ key }) => Buffer.from(hkdfSync('sha256', key, '', 'tidings contact link', 32)));
  const mac = (key: Buffer, purpose: LinkPurpose, contactId: string, nonce: string) =>
    createHmac('sha256', key).update(`${purpose} ${contactId} ${nonce}`).digest();
  return {
    tokenFor(purpose, contactId, nonce = Buffer.alloc(0)) {
      const shown = nonce.toString('base64url');
      const [current] = keys;
      if (current === undefined) throw new Error('The key ring is empty');
      return `${contactId}.${shown}.${mac(current, purpose, contactId, shown).toString('base64url')}`;
    },
    read(purpose, token) {
      const [, contactId = '', nonce = '', given = ''] = TOKEN.exec(token) ?? [];
      const bytes = Buffer.from(given, 'base64url');
      if (bytes.length !== 32) return null;
      const isOurs = keys.some((key) => timingSafeEqual(mac(key, purpose, contactId, nonce), bytes));
      return isOurs ? { contactId, nonce: Buffer.from(nonce, 'base64url') } : null;
    },
  };
}
