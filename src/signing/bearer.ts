/** `authorization: Bearer …` (RFC 6750). */
import { z } from 'zod';
import { authorizationHeader, authScheme } from './auth-scheme.ts';

export const bearer = authScheme({
  type: 'bearer',
  title: 'Bearer token',
  description: '`authorization: Bearer …` (RFC 6750).',
  fields: { token: z.string().min(1).max(1024).meta({ title: 'Token' }) },
  examples: [{ token: 'qhDm976TwG2sBZcftRLube' }],
  problem({ token }) {
    if (/^[\x21-\x7e]+$/.test(token)) return null;
    return { field: 'token', message: 'must be visible ASCII characters without spaces' };
  },
  authorize: ({ token }) => authorizationHeader('Bearer ', token),
});
