/** The vectors that OpenSSL has signed, with which everything that verifies is tested. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from '../../packages/verify/src/index.ts';
import type { Vector as MadeVector } from '../../scripts/make-vectors.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

export type Vector = MadeVector & { profile: Profile };

const read = (file: string): Vector[] => JSON.parse(readFileSync(file, 'utf8'));

/** Those of the libraries; each says what time it is. */
export const storedVectors = (): Vector[] => read(join(PACKAGE_ROOT, 'packages/verify/vectors/vectors.json'));

/** The same, signed now, for receivers that look at the clock. */
export function vectorsOfNow(): Vector[] {
  const folder = mkdtempSync(join(tmpdir(), 'tidings-vectors-'));
  try {
    const file = join(folder, 'vectors.json');
    execFileSync(process.execPath, [join(PACKAGE_ROOT, 'dist/scripts/make-vectors.js'), file]);
    return read(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const bodyOf = ({ body_base64: body }: Vector): Buffer => Buffer.from(body, 'base64');
