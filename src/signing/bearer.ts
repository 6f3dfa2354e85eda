/** `authorization: Bearer …` (RFC 6750). */
import type { AuthScheme } from './auth-scheme.ts';

export const bearer: AuthScheme<'bearer'> = {
  type: 'bearer',
  problem({ token }) {
    if (/^[\x21-\x7e]+$/.test(token)) return null;
    return { field: 'token', message: 'must be visible ASCII characters without spaces' };
  },
  header: ({ token }) => `Bearer ${token}`,
};
