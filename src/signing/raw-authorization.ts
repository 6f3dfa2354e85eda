/** `authorization:` with a value passed exactly as written; a blank value leaves the header out (Lessonly). */
import { z } from 'zod';
import { authorizationHeader, authScheme } from './auth-scheme.ts';

export const rawAuthorization = authScheme({
  type: 'authorization',
  title: 'Authorization header',
  description: '`authorization:` with the value exactly as written. A blank value leaves the header out.',
  fields: {
    value: z.string().max(4096).meta({
      title: 'Authorization value',
      description: 'The whole value of the header, such as `Token abc`. It is sent exactly as written.',
    }),
  },
  examples: [{ value: 'Token 3kTMd4gxgJ' }, { value: 'Bearer 3kTMd4gxgJ' }, { value: ' ' }],
  problem({ value }) {
    if (value.trim() === '') return null;
    if (value !== value.trim()) {
      return { field: 'value', message: 'may not begin or end with white space: HTTP would strip it' };
    }
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return null;
    return { field: 'value', message: 'may not hold control characters or characters outside Latin-1' };
  },
  authorize({ value }) {
    if (value.trim() === '') return { headers: [] };
    // The names of the standard schemes are no secrets.
    const open = /^(Basic|Bearer) /.exec(value)?.[0] ?? '';
    return authorizationHeader(open, value.slice(open.length));
  },
});
