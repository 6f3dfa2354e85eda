/** Recorded histories of earlier versions replay on the current workflow code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const HISTORIES = join(PACKAGE_ROOT, 'test', 'histories');
const names = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));
const read = (name: string) => historyFromJSON(JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')));

test('there is a history of every way a delivery can go', () => {
  expect(names).toEqual(
    expect.arrayContaining(
      [
        'burst',
        'cancel',
        'exhaustion',
        'fan-out',
        'gone',
        'manual-retry-after-the-end',
        'manual-retry-while-waiting',
        'retries-normal',
        'retries-quick',
        'success-normal',
        'success-quick',
        'workflow-cancelled',
      ].map((name) => `${name}.json`),
    ),
  );
});

test.each(names)('%s replays', async (name) => {
  await Worker.runReplayHistory(
    { workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' } },
    read(name),
  );
});

test('a change that is not compatible is found', async () => {
  // The same workflow, but what follows an attempt comes after a pause that the histories know nothing of.
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(PACKAGE_ROOT, 'test', 'workflows', 'incompatible.ts'),
  });
  await expect(
    Worker.runReplayHistory({ workflowBundle: { code } }, read('retries-quick.json')),
  ).rejects.toThrow(DeterminismViolationError);
});

test('histories hold no body, no URL, no header', () => {
  for (const name of names) {
    const events = JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')).events as object[];
    const payloads = JSON.stringify(events).matchAll(/"data":"([A-Za-z0-9+/=]+)"/g);
    const texts = [...payloads].map(([, base64]) => Buffer.from(base64 ?? '', 'base64').toString());
    expect(
      texts.filter((text) => /https?:\/\/|whsec_|webhook-signature/.test(text) && !text.startsWith('"a.b →')),
    ).toEqual([]);
  }
});
