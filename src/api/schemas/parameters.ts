/** What several routes take in their path or query. */
import { z } from 'zod';

export const tenantParams = z.object({ tenant: z.string().describe('The id or the external_id.') });

export const revealQuery = z.object({
  reveal: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe('Show what is masked.'),
});
