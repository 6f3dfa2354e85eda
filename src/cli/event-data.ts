/** Reads the data of an event from an argument, a file or standard input. It checks the bytes and never changes them. */

import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UsageError } from './failures.ts';
import { warn } from './output.ts';

/**
 * @param given JSON, `@file`, or `-` for standard input
 * @returns the JSON text unchanged
 * @throws UsageError that names the place of the first error
 */
export async function readData(given: string): Promise<string> {
  if (given === '-') return checkedJson('Standard input', decoded('Standard input', await standardInput()));
  if (!given.startsWith('@')) return checkedJson('The data', given);
  const file = given.slice(1);
  return checkedJson(file, decoded(file, await bytesOf(file)));
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EISDIR: 'it is a folder',
      EACCES: 'this user may not read it',
    };
    throw new UsageError(`${file === '' ? '@' : file} cannot be read: ${reasons[code ?? ''] ?? code}.`);
  }
}

async function standardInput(): Promise<Buffer> {
  if (process.stdin.isTTY) warn('Type the data as JSON; Ctrl-D ends it.');
  return buffer(process.stdin);
}

function decoded(name: string, bytes: Buffer): string {
  const mark = byteOrderMark(bytes);
  if (mark !== null) {
    throw new UsageError(
      `${name} begins with a byte order mark (${mark}), which JSON has not. Save it as UTF-8 without one.`,
    );
  }
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const at = firstFault(bytes);
  const before = bytes.subarray(0, at).toString('utf8').split('\n');
  const byte = bytes[at]?.toString(16).padStart(2, '0');
  throw new UsageError(
    `${name} is not UTF-8: the byte ${byte} in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} (byte ${at + 1}). Save it as UTF-8.`,
  );
}

function byteOrderMark(bytes: Buffer): string | null {
  if (bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) return 'UTF-8';
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'UTF-16, little-endian';
  return first === 0xfe && second === 0xff ? 'UTF-16, big-endian' : null;
}

/** Offset of the first byte sequence that is not UTF-8. */
function firstFault(bytes: Buffer): number {
  const replaced = Buffer.from(bytes.toString('utf8'));
  let at = 0;
  while (bytes[at] === replaced[at]) at += 1;
  // A broken sequence may begin with the same bytes as its replacement.
  while (!isUtf8(bytes.subarray(0, at))) at -= 1;
  return at;
}

function checkedJson(name: string, json: string): string {
  try {
    JSON.parse(json);
    return json;
  } catch (error) {
    if (json.trim() === '') throw new UsageError(`${name} is empty: JSON is expected.`);
    throw new UsageError(`${name} is not JSON: ${(error as Error).message}.`);
  }
}

/**
 * Refuses arguments that are not UTF-8, whose bytes Node replaces silently. On Linux, the original bytes decide.
 * @throws UsageError when an argument was not UTF-8
 */
export async function refuseBrokenArguments(args: readonly string[]): Promise<void> {
  if (!args.some((arg) => arg.includes('\ufffd'))) return;
  const bytes = await readFile('/proc/self/cmdline').catch(() => null);
  if (bytes !== null && isUtf8(bytes)) return;
  throw new UsageError(
    'An argument is not UTF-8. Type it again in a terminal that is, or pass the data as @file.',
  );
}
