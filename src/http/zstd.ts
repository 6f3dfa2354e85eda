/**
 * Decodes the beginning of a zstd stream (RFC 8878). Node 20 has no decoder, and the library used here would allocate what a frame asks for.
 */
import { Decompress } from 'fzstd';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/**
 * A frame may ask for a window of 2 GB, which the decoder would move at every block. The excerpt never refers further back than its
 * own length, so the frame gets the smallest window that holds the largest block (128 KiB: 2^(10 + exponent)).
 */
const WINDOW_DESCRIPTOR = (17 - 10) << 3;

class EnoughError extends Error {}

/**
 * Decompresses the beginning of the first frame.
 * @returns `isCut` where there is more, or the stream is broken
 */
export function unzstd(bytes: Buffer, maxBytes: number): { body: Buffer; isCut: boolean } {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    const { frame, isWhole } = firstFrame(bytes);
    const stream = new Decompress((chunk) => {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      // The decoder does not pause: only an error stops it.
      if (length > maxBytes) throw new EnoughError();
    });
    stream.push(frame, isWhole);
    return { body: Buffer.concat(chunks), isCut: !isWhole };
  } catch {
    return { body: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true };
  }
}

/** @throws RangeError where the bytes end within its header */
function firstFrame(bytes: Buffer): { frame: Buffer; isWhole: boolean } {
  let start = 0;
  while ((bytes.readUInt32LE(start) & 0xfffffff0) === SKIPPABLE_MAGIC)
    start += 8 + bytes.readUInt32LE(start + 4);
  if (bytes.readUInt32LE(start) !== MAGIC) throw new RangeError('This is not zstd');
  const flags = bytes.readUInt8(start + 4);
  const isSingleSegment = (flags & 0x20) !== 0;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] as number;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] as number;
  const dictionary = start + (isSingleSegment ? 5 : 6);
  const blocks = dictionary + dictionaryBytes + contentSizeBytes;
  const end = endOfBlocks(bytes, blocks);
  // The content's size is left out: the decoder would allocate it, however large.
  const header = Buffer.from([...bytes.subarray(start, start + 4), flags & 0x1f, WINDOW_DESCRIPTOR]);
  const frame = Buffer.concat([
    header,
    bytes.subarray(dictionary, dictionary + dictionaryBytes),
    bytes.subarray(blocks, end ?? bytes.length),
  ]);
  // The checksum is not verified and is left out with all that follows. With its flag set, the decoder would wait for it.
  frame[4] = flags & 0x1b;
  return { frame, isWhole: end === bytes.length - ((flags & 4) === 0 ? 0 : 4) };
}

/** The index after the last block; `null` where the bytes end before it. */
function endOfBlocks(bytes: Buffer, start: number): number | null {
  let at = start;
  while (at + 3 <= bytes.length) {
    const header = bytes.readUIntLE(at, 3);
    const isRepeated = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeated ? 1 : header >> 3);
    if ((header & 1) === 1) return at <= bytes.length ? at : null;
  }
  return null;
}
