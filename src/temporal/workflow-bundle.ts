/** Prebuilt bundle of the workflows' code: bundling it at every start would take seconds. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { PACKAGE_ROOT } from '../package-root.ts';

export const WORKFLOW_BUNDLE = join(PACKAGE_ROOT, 'dist', 'workflow-bundle.js');

// The worker insists on an inline source map, and a real one costs time at every promise of a workflow.
const SOURCE_MAP = /(\/\/# sourceMappingURL=data:application\/json;charset=utf-8;base64,)\S+/;
const EMPTY_MAP = Buffer.from(JSON.stringify({ version: 3, sources: [], names: [], mappings: '' })).toString(
  'base64',
);
// The SDK keeps a stack for every promise of a workflow, for the Web UI's Call Stack, and formatting ten frames is a fifth
// of what a workflow's thread does.
const SHORT_STACKS = 'Error.stackTraceLimit = 3;\n';

/**
 * Bundles the built workflows; part of `npm run build`.
 */
export async function writeWorkflowBundle(): Promise<void> {
  const workflowsPath = join(PACKAGE_ROOT, 'dist', 'workflows', 'index.js');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    // Loaded once for all workflows, which is safe because ours keep no state outside their functions.
    preloadModules: ['@temporalio/workflow', workflowsPath],
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(WORKFLOW_BUNDLE, SHORT_STACKS + code.replace(SOURCE_MAP, `$1${EMPTY_MAP}`));
}
