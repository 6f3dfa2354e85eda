/** `authorization:` with a value passed exactly as written; a blank value leaves the header out (Lessonly). */
import type { AuthScheme } from './auth-scheme.ts';

export const rawAuthorization: AuthScheme<'authorization'> = {
  type: 'authorization',
  problem({ value }) {
    if (value.trim() === '') return null;
    if (value !== value.trim()) {
      return { field: 'value', message: 'may not begin or end with white space: HTTP would strip it' };
    }
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return null;
    return { field: 'value', message: 'may not hold control characters or characters outside Latin-1' };
  },
  header: ({ value }) => (value.trim() === '' ? null : value),
};
