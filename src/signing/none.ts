/** No `authorization` header. */
import type { AuthScheme } from './auth-scheme.ts';

export const none: AuthScheme<'none'> = { type: 'none', problem: () => null, header: () => null };
