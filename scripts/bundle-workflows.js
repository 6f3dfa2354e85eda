/** The second half of `npm run build`. */
import { writeWorkflowBundle } from '../dist/src/runtime/workflow-bundle.js';

await writeWorkflowBundle();
