/** Proofs that bind what the environment's admin key has made to that key: once it is changed, sessions, codes and links of the old one end. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The id of the environment's admin key, which is in no table. */
export const ADMIN_ID = 'admin';

/** Binds a token to the admin key. Without the token, which is not stored, nobody can try keys against it. */
export const proofOf = (token: string, adminKey: string): Buffer =>
  createHmac('sha256', token).update(adminKey).digest();

/** Whether the token was made under this admin key, or has nothing to do with one. */
export function isProved(proof: Buffer | null, token: string, adminKey: string): boolean {
  if (proof === null) return true;
  const expected = proofOf(token, adminKey);
  return proof.length === expected.length && timingSafeEqual(proof, expected);
}
