/** No response costs the main thread more than a moment, however it is made: each of these took it for seconds or minutes. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { decodeBody } from '../../src/http/content-decoding.ts';
import { createResponseReader } from '../../src/http/response-reader.ts';
import { redact, redactText } from '../../src/signing/redaction.ts';
import { formOf } from '../../src/signing/search-form.ts';

/** ms without an answer to anybody else */
const BOUND_MS = 250;

/** The longest time for which the event loop stood; of three tries the best, for the machine has other work, too. */
async function standstillMs(work: () => unknown): Promise<number> {
  const tries: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await sleep(20);
    await work();
    await sleep(20);
    delay.disable();
    tries.push(delay.max / 1e6);
  }
  return Math.min(...tries);
}

/** One block of so many sequences, each of which copies 131,074 bytes by tables that need no bits (RFC 8878 section 3.1.1.3.2). */
function zstdOfSequences(count: number): Buffer {
  const counted =
    count < 0x7f00
      ? Buffer.from([(count >> 8) + 128, count & 0xff])
      : Buffer.from([255, (count - 0x7f00) & 0xff, (count - 0x7f00) >> 8]);
  const block = Buffer.concat([Buffer.from([0]), counted, Buffer.from([0x54, 0x23, 0x00, 0x34, 0x01])]);
  const header = (block.length << 3) | (2 << 1) | 1;
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, header & 0xff, (header >> 8) & 0xff, header >> 16]),
    block,
  ]);
}

function feed(pieces: Iterable<Buffer>): string {
  const reader = createResponseReader();
  try {
    for (const piece of pieces) if (reader.feed(piece)) return 'read';
  } catch (error) {
    return (error as Error).message;
  }
  return 'unfinished';
}

const HEAD = 'HTTP/1.1 200 OK\r\n';
const bytesOf = (text: string) => Array.from(text, (character) => Buffer.from(character, 'latin1'));
const blanks = `${HEAD}a: x${' '.repeat(16_200)}y\r\n\r\n`;
const manyLines = `${HEAD}${'a:\r\n'.repeat(1_500)}\r\n`;
const repetitive = [
  `${'a'.repeat(4_090)}b`,
  ...Array.from({ length: 20 }, (_, n) => `secret-${n}-${'x'.repeat(20)}`),
];
const nested = Buffer.from(`${'%25252525'.repeat(1_300)}${'a'.repeat(4_080)}c&`);
const almost = Buffer.from('a'.repeat(16_384));

test.each<[string, () => unknown, unknown]>([
  [
    'empty lines without end',
    () => feed(Array(500).fill(Buffer.from('\r\n'.repeat(16_384)))),
    expect.stringContaining('empty lines'),
  ],
  ['a row of blanks in a header', () => feed([Buffer.from(blanks)]), 'unfinished'],
  [
    'rows of blanks in interim heads',
    () => feed(Array(3).fill(Buffer.from(blanks.replace('200 OK', '103 Hi')))),
    'unfinished',
  ],
  ['a head that comes byte by byte', () => feed(bytesOf(manyLines)), 'unfinished'],
  [
    'nested escapes and a secret that repeats itself',
    () => redact(nested, repetitive, true).length > 0,
    true,
  ],
  ['almost a secret that repeats itself', () => redact(almost, repetitive, true).length > 0, true],
  [
    'many headers with escapes',
    () => Array.from({ length: 1_200 }, () => redactText('%252525 x', repetitive)).length,
    1_200,
  ],
])('%s', async (_what, work, expected) => {
  expect(await work()).toEqual(expected);
  expect(await standstillMs(work)).toBeLessThan(BOUND_MS);
});

test('zstd that would be decoded for minutes is given up, and the next is kept as it came', async () => {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  expect(await decodeBody(zstdOfSequences(98_000), ['zstd'], 16_384)).toBeNull();
  delay.disable();
  // One try alone, on a machine that has other work: it was minutes.
  expect(delay.max / 1e6).toBeLessThan(2_000);
  const whole = Buffer.from(
    'KLUv/WBHAG0BAFQCeyJyZWNlaXZlZCI6dHJ1ZSwibm90ZSI6ImFnYWluIGFuZCAifQEA+6hang==',
    'base64',
  );
  expect(await decodeBody(whole, ['zstd'], 16_384)).toBeNull();
});

test('a form is found as the engine finds it, whatever both texts are', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(
      text.filter((form) => form !== ''),
      text,
      fc.nat(12),
      (form, searched, from) => {
        const long = searched.repeat(60_000 / Math.max(1, searched.length));
        const { indexIn, beginningAtEndOf } = formOf(form.repeat(5));
        expect(indexIn(long, from)).toBe(long.indexOf(form.repeat(5), from));
        const ends = Array.from({ length: form.length * 5 }, (_, n) => form.repeat(5).slice(0, n + 1)).filter(
          (end) => long.endsWith(end),
        );
        expect(beginningAtEndOf(long)).toBe(Math.max(0, ...ends.map((end) => end.length)));
      },
    ),
    { numRuns: 100 },
  );
});
