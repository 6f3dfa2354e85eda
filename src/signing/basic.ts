/** `authorization: Basic …` (RFC 7617, UTF-8). */
import { z } from 'zod';
import { authorizationHeader, authScheme } from './auth-scheme.ts';

export const basic = authScheme({
  type: 'basic',
  description: '`authorization: Basic …` (RFC 7617), in UTF-8.',
  fields: { username: z.string().max(256), password: z.string().max(1024) },
  openFields: ['username'],
  examples: [
    { username: 'tidings', password: 'correct horse battery' },
    { username: '', password: 'only-a-password' },
  ],
  problem({ username }) {
    return username.includes(':')
      ? { field: 'username', message: 'may not contain a colon (RFC 7617)' }
      : null;
  },
  authorize: ({ username, password }) =>
    authorizationHeader('Basic ', Buffer.from(`${username}:${password}`).toString('base64')),
});
