/** A Temporal of one's own, for tests that need other settings than the shared one has. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTemporal } from '../../src/runtime/embedded/temporal.ts';
import { atEnd } from './cleanup.ts';

/** @returns its address */
export async function startTestTemporal(...dynamicConfig: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  const temporal = await startTemporal({
    program: process.env.TEST_TEMPORAL_PROGRAM ?? '',
    dataFile: null,
    logFile: join(folder, 'temporal.log'),
    ui: false,
    dynamicConfig,
  });
  atEnd(async () => {
    await temporal.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return temporal.address;
}
