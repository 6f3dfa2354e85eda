/** The second half of `npm run build`. */
import { writeWorkflowBundle } from '../src/temporal/workflow-bundle.ts';

await writeWorkflowBundle();
