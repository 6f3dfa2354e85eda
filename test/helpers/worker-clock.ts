/** A clock of its own for a process, which a test can put forward and back while it runs (Debian's package faketime). */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'faketime/libfaketimeMT.so.1';

/** The library, or `null` where it is not installed. */
export function fakeClockLibrary(): string | null {
  for (const root of ['/usr/lib', '/usr/lib64', '/usr/local/lib']) {
    if (!existsSync(root)) continue;
    for (const folder of ['.', ...readdirSync(root)]) {
      const path = join(root, folder, NAME);
      if (existsSync(path)) return path;
    }
  }
  return null;
}

export type WorkerClock = {
  env: Record<string, string>;
  /** `+1h`, `-1h` or `+0`; heeded within a second */
  set(offset: string): void;
};

export function workerClock(library: string, folder: string): WorkerClock {
  const file = join(folder, 'clock');
  const set = (offset: string) => writeFileSync(file, `${offset}\n`);
  set('+0');
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      // Clocks that only measure run on: no machine has them jump.
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
  };
}
