/** Decodes zstd in a thread that is ended when its time is up, so that no response can stop the process or use up a core. */
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { ZstdJob } from './zstd-worker.ts';

const WORKER = join(PACKAGE_ROOT, 'dist', 'src', 'http', 'zstd-worker.js');
/** Some ms are enough for any honest response; the thread's start takes longer on a busy machine. */
const MAX_MS = 3_000;
/** After a response that took all its time none is decoded for so long: at most a twentieth of a core goes into them. */
const PAUSE_MS = 60_000;
const NOTHING = { body: Buffer.alloc(0), isCut: true };

let pool: Piscina<ZstdJob, { body: Uint8Array; isCut: boolean }> | undefined;
let pausedUntilMs = 0;

/**
 * Decompresses the beginning of the first frame.
 * @returns `isCut` where there is more, or the stream is broken; nothing where it took too long, or another one did shortly before
 */
export async function unzstdInThread(
  bytes: Buffer,
  maxBytes: number,
): Promise<{ body: Buffer; isCut: boolean }> {
  if (performance.now() < pausedUntilMs) return NOTHING;
  pool ??= new Piscina({
    filename: WORKER,
    name: 'decode',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: 10_000,
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
    env: {},
    execArgv: [],
    niceIncrement: 5,
  });
  try {
    const { body, isCut } = await pool.run({ bytes, maxBytes }, { signal: AbortSignal.timeout(MAX_MS) });
    return { body: Buffer.from(body), isCut };
  } catch {
    pausedUntilMs = performance.now() + PAUSE_MS;
    return NOTHING;
  }
}
