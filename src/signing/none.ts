/** No credentials. */
import { authScheme } from './auth-scheme.ts';

export const none = authScheme({
  type: 'none',
  title: 'None',
  description: 'No credentials.',
  fields: {},
  examples: [{}],
  authorize: () => NOTHING,
});

const NOTHING = { headers: [] };
