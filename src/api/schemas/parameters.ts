/** Path and query parameters that several routes share. */
import { z } from 'zod';

export const tenantParams = z.object({ tenant: z.string().describe('The id or the external_id.') });

export const endpointParams = tenantParams.extend({ endpoint: z.string() });

export const revealQuery = z.object({
  reveal: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe(
      'Shows what is masked otherwise. Needs the scope `manage`, and adds an entry to the audit log.',
    ),
});

/** Counting reads a bounded number of rows. The operation counts the others while it runs. */
export const atLeastField = z
  .literal(true)
  .optional()
  .describe(
    'True: the number is a lower bound, because there are too many rows to count at once. The operation goes on counting, ' +
      'and shows the exact number when it has found all. Absent: the number is exact.',
  );
