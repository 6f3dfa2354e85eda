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

/** Counting reads a bounded number of rows; what lies beyond is counted by the operation as it goes. */
export const atLeastField = z
  .literal(true)
  .optional()
  .describe(
    'There are so many at least: too much had to be looked through to count them all at once. The operation counts on as it ' +
      'goes, and says how many there were when it has found all. Absent: the number is exact.',
  );
