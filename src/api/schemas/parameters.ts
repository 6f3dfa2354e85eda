/** What several routes take in their path or query. */
import { z } from 'zod';

export const tenantParams = z.object({ tenant: z.string().describe('The id or the external_id.') });

export const endpointParams = tenantParams.extend({ endpoint: z.string() });

export const revealQuery = z.object({
  reveal: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe('Show what is masked. Needs the scope `manage`, and is written into the audit log.'),
});
