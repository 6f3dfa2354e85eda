/** `authorization: Basic …` (RFC 7617, UTF-8). */
import type { AuthScheme } from './auth-scheme.ts';

export const basic: AuthScheme<'basic'> = {
  type: 'basic',
  problem({ username }) {
    return username.includes(':')
      ? { field: 'username', message: 'may not contain a colon (RFC 7617)' }
      : null;
  },
  header: ({ username, password }) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
};
