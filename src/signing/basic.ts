/** `authorization: Basic …` (RFC 7617, UTF-8). */
import { z } from 'zod';
import { authorizationHeader, authScheme } from './auth-scheme.ts';

export const basic = authScheme({
  type: 'basic',
  title: 'User name and password',
  description: '`authorization: Basic …` (RFC 7617), in UTF-8.',
  fields: {
    username: z.string().max(256).meta({ title: 'Username' }),
    password: z.string().max(1024).meta({ title: 'Password' }),
  },
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
