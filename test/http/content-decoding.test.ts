/** Compressed responses are shown decompressed in the log where they can be, and are bounded, however large they would become. */
import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { decodeBody } from '../../src/http/content-decoding.ts';
import { createSender, MAX_RESPONSE_BYTES } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';

const MAX = MAX_RESPONSE_BYTES;
const decode = (bytes: Buffer, ...codings: string[]) => decodeBody(bytes, codings, MAX);

const TEXT = Buffer.from(`{"received":true,"note":"${'again and '.repeat(30)}"}`);
/** `TEXT` by zstd 1.5.4: with the size of the content and one segment, and streamed, with a window and a checksum. */
const ZSTD = [
  'KLUv/WBHAG0BAFQCeyJyZWNlaXZlZCI6dHJ1ZSwibm90ZSI6ImFnYWluIGFuZCAifQEA+6hang==',
  'KLUv/QRYbQEAVAJ7InJlY2VpdmVkIjp0cnVlLCJub3RlIjoiYWdhaW4gYW5kICJ9AQD7qFqeiwdwXQ==',
].map((text) => Buffer.from(text, 'base64'));
const [zstd = Buffer.alloc(0)] = ZSTD;
const skippable = Buffer.concat([Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);

describe('is shown as it was before it was compressed', () => {
  test.each<[string, Buffer, string[]]>([
    ['gzip', zlib.gzipSync(TEXT), ['gzip']],
    ['x-gzip', zlib.gzipSync(TEXT), ['x-gzip']],
    [
      'two members of gzip',
      Buffer.concat([zlib.gzipSync(TEXT.subarray(0, 9)), zlib.gzipSync(TEXT.subarray(9))]),
      ['gzip'],
    ],
    ['gzip and bytes after it', Buffer.concat([zlib.gzipSync(TEXT), Buffer.from('\0\0')]), ['gzip']],
    ['deflate as the standard has it', zlib.deflateSync(TEXT), ['deflate']],
    ['deflate without its header', zlib.deflateRawSync(TEXT), ['deflate']],
    ['br', zlib.brotliCompressSync(TEXT), ['br']],
    ['zstd', zstd, ['zstd']],
    ['zstd, streamed', ZSTD[1] as Buffer, ['zstd']],
    ['zstd after a frame that is to be skipped', Buffer.concat([skippable, zstd]), ['zstd']],
    ['gzip in br', zlib.brotliCompressSync(zlib.gzipSync(TEXT)), ['gzip', 'br']],
  ])('%s', async (_what, bytes, codings) => {
    expect(await decode(bytes, ...codings)).toEqual({ body: TEXT, isCut: false });
  });

  (spawnSync('zstd', ['--version']).status === 0 ? test : test.skip)('zstd, in all its forms', async () => {
    const words = fc.array(fc.constantFrom('one', 'two', '{"three": 3}', 'vier', 'œ', '\n'), {
      maxLength: 2_000,
    });
    await fc.assert(
      fc.asyncProperty(
        words,
        fc.constantFrom('-1', '-9', '-19', '--no-check', '--ultra'),
        async (list, option) => {
          const text = Buffer.from(list.join(' '));
          const bytes = spawnSync('zstd', [option, '-c'], { input: text }).stdout;
          // Nothing is decoded to nothing where it was nothing.
          const decoded = await decode(bytes, 'zstd');
          expect(decoded?.body).toEqual(text);
          expect(decoded?.isCut).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('is shown as it came', () => {
  test.each<[string, Buffer, string[]]>([
    ['without a coding', TEXT, []],
    ['of a coding that nobody knows', TEXT, ['nonsense']],
    ['of a known one in an unknown one', zlib.gzipSync(TEXT), ['gzip', 'nonsense']],
    ['of more than three', zlib.gzipSync(TEXT), ['gzip', 'gzip', 'gzip', 'gzip']],
    ['of nothing', Buffer.alloc(0), ['gzip']],
    ...['gzip', 'deflate', 'br', 'zstd'].map((coding): [string, Buffer, string[]] => [
      `that only says that it is ${coding}`,
      TEXT,
      [coding],
    ]),
    ['zstd of which only the first bytes came', zstd.subarray(0, 3), ['zstd']],
  ])('%s', async (_what, bytes, codings) => {
    expect(await decode(bytes, ...codings)).toBeNull();
  });
});

describe('what is broken is shown as far as it could be read', () => {
  const long = Buffer.from(Array.from({ length: 2_000 }, (_, at) => `line ${at * 7919}\n`).join(''));
  const half = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));
  const damaged = (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    changed.fill(0xff, Math.floor(changed.length / 2));
    return changed;
  };
  const small = long.subarray(0, 12_000);

  test.each<[string, Buffer, string]>([
    ['half of gzip', half(zlib.gzipSync(small)), 'gzip'],
    ['half of deflate', half(zlib.deflateSync(small)), 'deflate'],
    ['half of br', half(zlib.brotliCompressSync(small)), 'br'],
    ['damaged gzip', damaged(zlib.gzipSync(small)), 'gzip'],
    ['damaged deflate', damaged(zlib.deflateRawSync(small)), 'deflate'],
    [
      'damaged br',
      damaged(zlib.brotliCompressSync(small, { params: { [zlib.constants.BROTLI_PARAM_LGBLOCK]: 16 } })),
      'br',
    ],
  ])('%s', async (_what, bytes, coding) => {
    const decoded = await decode(bytes, coding);
    const { body = Buffer.alloc(0) } = decoded ?? {};
    // Of what is damaged, the last of what was read may be nonsense.
    expect(body.length).toBeGreaterThan(1_000);
    expect(body.subarray(0, 1_000)).toEqual(small.subarray(0, 1_000));
  });

  test('a checksum that is wrong makes it cut, not unreadable', async () => {
    const bytes = zlib.gzipSync(small);
    bytes.writeUInt32LE(0, bytes.length - 8);
    const decoded = await decode(bytes, 'gzip');
    expect(decoded?.isCut).toBe(true);
    expect(decoded?.body.length).toBeGreaterThan(10_000);
  });
});

describe('a bomb goes off within the bounds of the excerpt', () => {
  const zeros = Buffer.alloc(16 * 1024 * 1024);
  const block = (type: number, size: number, isLast = false) => {
    const header = Buffer.alloc(3);
    header.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
    return header;
  };
  const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
  /** @param exponent of the window that it asks for */
  const frame = (exponent: number, ...blocks: Buffer[]) =>
    Buffer.concat([MAGIC, Buffer.from([0, (exponent - 10) << 3]), ...blocks]);
  const repeated = Buffer.concat([block(1, 128 * 1024), Buffer.from('x')]);

  test.each<[string, Buffer, string[]]>([
    ['gzip', zlib.gzipSync(zeros).subarray(0, MAX), ['gzip']],
    ['deflate', zlib.deflateSync(zeros).subarray(0, MAX), ['deflate']],
    ['br', zlib.brotliCompressSync(zeros), ['br']],
    ['gzip in gzip', zlib.gzipSync(zlib.gzipSync(zeros)), ['gzip', 'gzip']],
    ['gzip in gzip in gzip', zlib.gzipSync(zlib.gzipSync(zlib.gzipSync(zeros))), ['gzip', 'gzip', 'gzip']],
    ['zstd of repeated bytes', frame(17, ...Array(4_000).fill(repeated)).subarray(0, MAX), ['zstd']],
    ['zstd with a window of 2 GB', frame(30, ...Array(4_000).fill(repeated)).subarray(0, MAX), ['zstd']],
    [
      'zstd whose frame says that it holds 1 TB',
      Buffer.concat([MAGIC, Buffer.from([0xe0, 0, 0, 0, 0, 0, 1, 0, 0]), repeated, block(0, 0, true)]),
      ['zstd'],
    ],
  ])('%s', async (_what, bytes, codings) => {
    const decoded = await decode(bytes, ...codings);
    expect(decoded?.body).toHaveLength(MAX);
    expect(decoded?.isCut).toBe(true);
  });

  test.each<[string, Buffer]>([
    [
      'of 2 GB',
      frame(30, block(0, 2), Buffer.from('ok'), ...Array(5_000).fill(block(0, 0)), block(0, 0, true)),
    ],
    [
      'of 128 KiB',
      frame(17, block(0, 2), Buffer.from('ok'), ...Array(5_000).fill(block(0, 0)), block(0, 0, true)),
    ],
  ])('five thousand empty blocks of zstd in a window %s take no memory', async (_what, bytes) => {
    const before = process.memoryUsage().arrayBuffers;
    const decoded = await decode(bytes, 'zstd');
    expect(decoded).toEqual({ body: Buffer.from('ok'), isCut: false });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  test('many at once wait for one another, and each is read', async () => {
    const bomb = zlib.brotliCompressSync(zeros);
    const results = await Promise.all(Array.from({ length: 40 }, () => decode(bomb, 'br')));
    expect(new Set(results.map((each) => each?.body.length))).toEqual(new Set([MAX]));
  });
});

test('whatever the bytes are, it comes to an end within its bounds', async () => {
  const seeds = [
    zlib.gzipSync(TEXT),
    zlib.deflateSync(TEXT),
    zlib.deflateRawSync(TEXT),
    zlib.brotliCompressSync(TEXT),
    ...ZSTD,
  ];
  const codings = fc.array(fc.constantFrom('gzip', 'deflate', 'br', 'zstd'), { minLength: 1, maxLength: 2 });
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), changes, codings, async (seed, edits, list) => {
      const bytes = Buffer.from(seed);
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
      const decoded = await decode(bytes, ...list);
      expect(decoded?.body.length ?? 0).toBeLessThanOrEqual(MAX);
    }),
    { numRuns: 500 },
  );
});

describe('in a response', () => {
  const sender = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK }) });
  atEnd(() => sender.close());
  const answerTo = async (bytes: Buffer, headers: Record<string, string>) => {
    const { url } = await startReceiver((response) => response.writeHead(200, headers).end(bytes));
    const result = await sender.send({ url, headers: [], body: Buffer.from('{}'), timeoutMs: 20_000 });
    return 'fault' in result ? null : result.response;
  };

  test('the length on the wire is kept beside what can be read', async () => {
    const bytes = zlib.gzipSync(TEXT);
    expect(await answerTo(bytes, { 'content-encoding': 'GZIP' })).toMatchObject({
      ...{ body: TEXT, truncated: false, rawLength: bytes.length, decodedFrom: 'gzip' },
    });
  });

  test('what is not compressed has the same length', async () => {
    expect(await answerTo(TEXT, {})).toMatchObject({ body: TEXT, rawLength: TEXT.length, decodedFrom: null });
  });

  test('more than the excerpt is cut, before and after', async () => {
    const noise = Buffer.from(Array.from({ length: 60_000 }, (_, at) => (at * 7919 * at) % 251));
    const bytes = zlib.gzipSync(noise);
    const response = await answerTo(bytes, { 'content-encoding': 'gzip' });
    expect(response).toMatchObject({ truncated: true, decodedFrom: 'gzip' });
    expect(response?.body).toEqual(noise.subarray(0, MAX));
  });

  test('one that only says so is kept as it came', async () => {
    expect(await answerTo(TEXT, { 'content-encoding': 'gzip' })).toMatchObject({
      body: TEXT,
      decodedFrom: null,
    });
  });
});
