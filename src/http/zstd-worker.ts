/** Thread that decodes zstd: the library may work for minutes on a few bytes that no encoder writes. */
import { unzstd } from './zstd.ts';

export type ZstdJob = { bytes: Uint8Array; maxBytes: number };

export function decode({ bytes, maxBytes }: ZstdJob): { body: Uint8Array; isCut: boolean } {
  return unzstd(Buffer.from(bytes), maxBytes);
}
