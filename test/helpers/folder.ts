/** Temporary folders that go away with the tests, however these end. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './cleanup.ts';

// Reads from us until we are gone, then waits for the servers that work in the folder to have ended too.
const SWEEPER = 'while read -r line; do :; done; for _ in 1 2 3 4 5 6; do rm -rf "$1"; sleep 5; done';

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  const sweeper = spawn('/bin/sh', ['-c', SWEEPER, 'sweeper', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  sweeper.unref();
  atEnd(async () => {
    sweeper.kill();
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}
