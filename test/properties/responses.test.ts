/**
 * Responses that are as the standard has them are read as Node's own client reads them, in whatever pieces they come; and
 * whatever else comes, the reader comes to an end and keeps to its bounds.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { InvalidResponseError } from '../../src/http/response-head.ts';
import { createResponseReader, MAX_RESPONSE_BYTES, type Received } from '../../src/http/response-reader.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const RUNS = 150;

const token = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,11}$/)
  .filter((name) => !/^(content-|transfer-|connection|upgrade)/i.test(name));
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const body = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 });

/** A response and the pieces that it comes in. */
const response = fc
  .record({
    interim: fc.array(fc.constantFrom(102, 103, 199), { maxLength: 2 }),
    status: fc.constantFrom(200, 201, 204, 301, 404, 410, 500, 599),
    headers: fc.array(fc.tuple(token, value), { maxLength: 6 }),
    framing: fc.constantFrom('length', 'chunked', 'close'),
    body,
    chunks: sizes,
  })
  .map(({ interim, status, headers, framing, body, chunks }) => {
    const before = interim.map((each) => `HTTP/1.1 ${each} So Far\r\n\r\n`).join('');
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const head = (last: string) =>
      Buffer.from(`${before}HTTP/1.1 ${status} So\r\n${lines}${last}\r\n`, 'latin1');
    if (status === 204) return head('');
    if (framing === 'length') return Buffer.concat([head(`content-length: ${body.length}\r\n`), body]);
    if (framing === 'close') return Buffer.concat([head('connection: close\r\n'), body]);
    const pieces = split(body, chunks).flatMap((chunk) => [
      `${chunk.length.toString(16)}\r\n`,
      chunk,
      '\r\n',
    ]);
    return Buffer.concat([
      head('transfer-encoding: chunked\r\n'),
      ...pieces.map((each) => Buffer.from(each)),
      Buffer.from('0\r\n\r\n'),
    ]);
  });

function split(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] as number;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function read(pieces: readonly Buffer[]): Received | null {
  const reader = createResponseReader();
  for (const piece of pieces) if (reader.feed(piece)) break;
  return reader.received();
}

test('as Node reads it, in whatever pieces it comes', async () => {
  let answer = Buffer.alloc(0);
  const { url } = await startTcpServer((socket) => socket.once('data', () => socket.end(answer)));
  const { port } = new URL(url);
  const byNode = () =>
    new Promise<{ status: number | undefined; headers: string[]; body: Buffer }>((resolve, reject) => {
      const createConnection = () => connect(Number(port), '127.0.0.1');
      request({ createConnection, method: 'POST' }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode, headers: incoming.rawHeaders, body: Buffer.concat(chunks) }),
        );
      })
        .on('error', reject)
        .end('{}');
    });
  await fc.assert(
    fc.asyncProperty(response, sizes, async (bytes, pieces) => {
      answer = bytes;
      const node = await byNode();
      const ours = read(split(bytes, pieces));
      expect(ours?.head.status).toBe(node.status);
      expect(ours?.head.headers.flat()).toEqual(node.headers);
      expect(ours?.body).toEqual(node.body);
      expect(ours?.bodyProblem).toBeNull();
    }),
    { numRuns: RUNS },
  );
});

const noise = fc
  .tuple(
    response,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 10, 13, 32, 58, 48, 255)), { maxLength: 8 }),
    fc.nat(),
  )
  .map(([bytes, changes, cut]) => {
    const changed = Buffer.from(bytes);
    for (const [at, byte] of changes) changed[at % changed.length] = byte;
    return changed.subarray(0, Math.max(1, cut % (changed.length + 1)));
  });

test('damaged ones are a response, or say what is wrong with them, and the pieces make no difference', () => {
  const verdict = (pieces: readonly Buffer[]) => {
    try {
      const received = read(pieces);
      return (
        received && {
          status: received.head.status,
          body: received.body.toString('latin1'),
          problem: received.bodyProblem,
        }
      );
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidResponseError);
      return 'invalid';
    }
  };
  fc.assert(
    fc.property(noise, sizes, (bytes, pieces) => {
      expect(verdict(split(bytes, pieces))).toEqual(verdict([bytes]));
    }),
    { numRuns: 20 * RUNS },
  );
});

test('however much comes, no more than the excerpt is kept', () => {
  const reader = createResponseReader();
  const piece = Buffer.alloc(5_000, 'x');
  reader.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'));
  let fed = 0;
  while (!reader.feed(piece)) fed += 1;
  expect(fed).toBe(Math.floor(MAX_RESPONSE_BYTES / piece.length));
  expect(reader.received()).toMatchObject({ truncated: true, rawLength: 20_000 });
  expect(reader.received()?.body).toHaveLength(MAX_RESPONSE_BYTES);
});
