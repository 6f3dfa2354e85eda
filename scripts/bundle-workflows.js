/** The second half of `npm run build`. */
import { writeWorkflowBundle } from '../dist/src/temporal/workflow-bundle.js';

await writeWorkflowBundle();
