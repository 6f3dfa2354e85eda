/**
 * Responses, byte for byte, and the result that each becomes: none is reported as something that it was not. The column of curl
 * (7.88, HTTP/1.1) is the measure of tolerance; where curl is on the machine, the column is checked.
 */
import { execFile, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender, type SendResult } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { LOOPBACK } from '../helpers/service.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const sender = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK }) });
atEnd(() => sender.close());

const OK = 'HTTP/1.1 200 OK\r\n';
const LENGTH = 'content-length: 2\r\n';
const CHUNKS = '2\r\nok\r\n0\r\n\r\n';

/** `[status, body]`, or what the message of an `invalid_response` says, or the code of another error. */
type Verdict = [number, string] | RegExp | 'connection_reset';
/** `ok`: the same status and body as we have; else its exit status. */
type Curl = 'ok' | number;
type Row = { answer: string; ours: Verdict; curl: Curl; problem?: string };

const ok: Verdict = [200, 'ok'];

const ROWS: Record<string, Row> = {
  'an ordinary response': { answer: `${OK}${LENGTH}\r\nok`, ours: ok, curl: 'ok' },

  // Interim responses
  '100, which nobody has asked for': {
    answer: `HTTP/1.1 100 Continue\r\n\r\n${OK}${LENGTH}\r\nok`,
    ours: ok,
    curl: 'ok',
  },
  '102 and two of 103': {
    answer: `HTTP/1.1 102 Processing\r\n\r\n${'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(2)}${OK}${LENGTH}\r\nok`,
    ours: ok,
    curl: 'ok',
  },
  '199, which has no name': {
    answer: `HTTP/1.1 199 So Far\r\n\r\n${OK}${LENGTH}\r\nok`,
    ours: ok,
    curl: 'ok',
  },
  '100 and then an error': {
    answer: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\n${LENGTH}\r\nno`,
    ours: [503, 'no'],
    curl: 'ok',
  },
  '100 and nothing more': {
    answer: 'HTTP/1.1 100 Continue\r\n\r\n',
    ours: /closed after the interim response 100\.$/,
    curl: 52,
  },
  '100 without end': {
    answer: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3_000),
    ours: /more than 64 KiB of interim responses/,
    curl: 52,
  },
  '101, which nobody has asked for': {
    answer: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: foo\r\nconnection: upgrade\r\n\r\n',
    ours: /switches to another protocol \(101\)/,
    curl: 52,
  },

  // Lengths
  'a length and chunks': {
    answer: `${OK}${LENGTH}transfer-encoding: chunked\r\n\r\n${CHUNKS}`,
    ours: ok,
    curl: 'ok',
  },
  'chunks and a length': {
    answer: `${OK}transfer-encoding: chunked\r\n${LENGTH}\r\n${CHUNKS}`,
    ours: ok,
    curl: 'ok',
  },
  'the same length twice': { answer: `${OK}${LENGTH}${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'the same length twice in one line': {
    answer: `${OK}content-length: 2, 2\r\n\r\nok`,
    ours: ok,
    curl: 'ok',
  },
  'two lengths': {
    answer: `${OK}${LENGTH}content-length: 3\r\n\r\nok`,
    ours: /several lengths: "2, 3"/,
    curl: 18,
  },
  'a length below zero': {
    answer: `${OK}content-length: -2\r\n\r\nok`,
    ours: /content-length is "-2"/,
    curl: 8,
  },
  'a length that is no number': {
    answer: `${OK}content-length: two\r\n\r\nok`,
    ours: /content-length is "two"/,
    curl: 8,
  },
  'a length beyond all measure': {
    answer: `${OK}content-length: ${'9'.repeat(30)}\r\n\r\nok`,
    ours: ok,
    curl: 'ok',
    problem: 'the connection was closed after 2 of 9007199254740991 bytes',
  },
  'no length': { answer: `${OK}\r\nok`, ours: ok, curl: 'ok' },
  '204 with a body': { answer: `HTTP/1.1 204 No Content\r\n${LENGTH}\r\nok`, ours: [204, ''], curl: 'ok' },
  'more than its length': { answer: `${OK}${LENGTH}\r\nok and more`, ours: ok, curl: 'ok' },
  'a second response': {
    answer: `${OK}${LENGTH}\r\nokHTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n`,
    ours: ok,
    curl: 'ok',
  },
  'less than its length': {
    answer: `${OK}content-length: 10\r\n\r\nok`,
    ours: ok,
    curl: 18,
    problem: 'the connection was closed after 2 of 10 bytes',
  },
  'nothing of its length': {
    answer: `${OK}content-length: 10\r\n\r\n`,
    ours: [200, ''],
    curl: 18,
    problem: 'the connection was closed after 0 of 10 bytes',
  },

  // Chunks
  chunks: {
    answer: `${OK}transfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n`,
    ours: ok,
    curl: 'ok',
  },
  'chunks with extensions and trailers': {
    answer: `${OK}transfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nx-trailer: 1\r\n\r\n`,
    ours: ok,
    curl: 'ok',
  },
  'chunks that end in LF alone': {
    answer: `${OK}transfer-encoding: chunked\r\n\r\n2\nok\n0\n\n`,
    ours: ok,
    curl: 'ok',
  },
  'chunks in HTTP/1.0': {
    answer: `HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${CHUNKS}`,
    ours: ok,
    curl: 'ok',
  },
  'chunks twice over': {
    answer: `${OK}transfer-encoding: chunked, chunked\r\n\r\n${CHUNKS}`,
    ours: ok,
    curl: 'ok',
  },
  'a transfer coding called identity': {
    answer: `${OK}transfer-encoding: identity\r\n${LENGTH}\r\nok`,
    ours: ok,
    curl: 'ok',
  },
  'a transfer coding that nobody knows': {
    answer: `${OK}transfer-encoding: xchunked\r\n\r\nok`,
    ours: ok,
    curl: 61,
  },
  'a chunk without a size': {
    answer: `${OK}transfer-encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n`,
    ours: [200, ''],
    curl: 56,
    problem: 'a chunk has no size',
  },
  'a chunk longer than its size': {
    answer: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n`,
    ours: ok,
    curl: 56,
    problem: 'a chunk is longer than its size',
  },
  'chunks that break off': {
    answer: `${OK}transfer-encoding: chunked\r\n\r\n5\r\nok`,
    ours: ok,
    curl: 18,
    problem: 'the connection was closed before the last chunk',
  },
  'a size of a chunk without end': {
    answer: `${OK}transfer-encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\nok\r\n0\r\n\r\n`,
    ours: [200, ''],
    curl: 'ok',
    problem: 'a line between its chunks has no end',
  },

  // Lines
  'lines that end in LF alone': {
    answer: `HTTP/1.1 200 OK\n${LENGTH.trimEnd()}\n\nok`,
    ours: ok,
    curl: 'ok',
  },
  'lines that end in either': { answer: `${OK}x-a: 1\n${LENGTH}\nok`, ours: ok, curl: 'ok' },
  'lines that end in CR alone': {
    answer: 'HTTP/1.1 200 OK\rcontent-length: 2\r\rok',
    ours: /closed before its headers ended/,
    curl: 52,
  },
  'a folded header': { answer: `${OK}x-a: 1\r\n  2\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'a folded length': { answer: `${OK}content-length:\r\n 2\r\n\r\nok`, ours: ok, curl: 8 },
  'a first header that is folded': {
    answer: `${OK} x-a: 1\r\n${LENGTH}\r\nok`,
    ours: /first header begins with a space/,
    curl: 43,
  },
  'a space before the colon': { answer: `${OK}content-length : 2\r\n\r\nok`, ours: ok, curl: 'ok' },
  'a space in a name': { answer: `${OK}x y: 1\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'a header without a name': { answer: `${OK}: 1\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'a CR within a value': { answer: `${OK}x-a: a\rb\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'a header without a colon': {
    answer: `${OK}nonsense\r\n${LENGTH}\r\nok`,
    ours: /a header line has no colon: "nonsense"/,
    curl: 8,
  },
  'a NUL in a value': { answer: `${OK}x-a: a\0b\r\n${LENGTH}\r\nok`, ours: /a NUL in its headers/, curl: 8 },
  'a NUL in a name': { answer: `${OK}x\0a: b\r\n${LENGTH}\r\nok`, ours: /a NUL in its headers/, curl: 8 },
  'headers of 100 KB': {
    answer: `${OK}x-a: ${'y'.repeat(100_000)}\r\n\r\nok`,
    ours: /headers are larger than 16 KiB/,
    curl: 'ok',
  },

  // Status lines
  'HTTP/1.0': { answer: 'HTTP/1.0 200 OK\r\n\r\nok', ours: ok, curl: 'ok' },
  'HTTP/1.2': { answer: `HTTP/1.2 200 OK\r\n${LENGTH}\r\nok`, ours: ok, curl: 1 },
  'HTTP/2 in words': { answer: `HTTP/2 200\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'HTTP/3.0': {
    answer: `HTTP/3.0 200 OK\r\n${LENGTH}\r\nok`,
    ours: /another version of HTTP: "HTTP\/3\.0 200 OK"/,
    curl: 1,
  },
  'http in small letters': { answer: `http/1.1 200 OK\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'no reason phrase': { answer: `HTTP/1.1 200\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'a reason phrase beyond ASCII': {
    answer: `HTTP/1.1 200 \xdc\xff\r\n${LENGTH}\r\nok`,
    ours: ok,
    curl: 'ok',
  },
  'two spaces before the status': { answer: `HTTP/1.1  200 OK\r\n${LENGTH}\r\nok`, ours: ok, curl: 'ok' },
  'status 000': { answer: `HTTP/1.1 000 No\r\n${LENGTH}\r\nok`, ours: /status 000 is none/, curl: 1 },
  'status 099': { answer: `HTTP/1.1 099 No\r\n${LENGTH}\r\nok`, ours: /status 099 is none/, curl: 1 },
  'status 20': {
    answer: `HTTP/1.1 20 No\r\n${LENGTH}\r\nok`,
    ours: /status line is "HTTP\/1\.1 20 No"/,
    curl: 1,
  },
  'status 2000': { answer: `HTTP/1.1 2000 OK\r\n${LENGTH}\r\nok`, ours: /status line is/, curl: 1 },
  'status 600': { answer: `HTTP/1.1 600 Huh\r\n${LENGTH}\r\nok`, ours: [600, 'ok'], curl: 'ok' },
  'status 999': { answer: `HTTP/1.1 999 Huh\r\n${LENGTH}\r\nok`, ours: [999, 'ok'], curl: 'ok' },
  'a status that is no number': {
    answer: `HTTP/1.1 OK\r\n${LENGTH}\r\nok`,
    ours: /status line is "HTTP\/1\.1 OK"/,
    curl: 1,
  },
  'empty lines before it': { answer: `\r\n\r\n${OK}${LENGTH}\r\nok`, ours: ok, curl: 1 },

  // What is no HTTP/1 at all
  'a space before it': { answer: ` ${OK}${LENGTH}\r\nok`, ours: /begins with " HTTP\/1\.1 200 OK"/, curl: 1 },
  'a body alone, as HTTP/0.9 had it': {
    answer: '<html>hi</html>',
    ours: /begins with "<html>hi<\/html>"/,
    curl: 1,
  },
  'the greeting of SSH': {
    answer: 'SSH-2.0-OpenSSH_9.6\r\n',
    ours: /begins with "SSH-2\.0-OpenSSH_9\.6"/,
    curl: 1,
  },
  'the greeting of a mail server': {
    answer: '220 mail ESMTP\r\n',
    ours: /begins with "220 mail ESMTP"/,
    curl: 1,
  },
  'the status line of a radio': { answer: 'ICY 200 OK\r\n\r\nok', ours: /begins with "ICY 200 OK"/, curl: 1 },
  garbage: { answer: '\x01\x02\xff\r\n\r\n', ours: /begins with "\\x01\\x02\\xff"/, curl: 1 },
  'four NULs': { answer: '\0\0\0\0', ours: /begins with "\\x00\\x00\\x00\\x00"/, curl: 1 },
  'the settings of HTTP/2': {
    answer: '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64',
    ours: /speaks HTTP\/2 without being asked/,
    curl: 1,
  },
  'the preface of HTTP/2': {
    answer: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ours: /begins with "PRI \* HTTP\/2\.0"/,
    curl: 1,
  },
  'an alert of TLS': {
    answer: '\x15\x03\x01\0\x02\x02\x46',
    ours: /speaks TLS, and the URL says http/,
    curl: 1,
  },

  // What breaks off
  'half a status line': { answer: 'HTTP/1.1 20', ours: /closed before its headers ended/, curl: 52 },
  'half a header': { answer: `${OK}content-le`, ours: /closed before its headers ended/, curl: 'ok' },
  nothing: { answer: '', ours: 'connection_reset', curl: 52 },
};

/** Answers once the request has come. */
const answering = async (answer: string) =>
  (
    await startTcpServer((socket: Socket) =>
      socket.once('data', () => socket.end(Buffer.from(answer, 'latin1'))),
    )
  ).url;

const verdictOf = ({ response, error }: SendResult): unknown =>
  response === null
    ? `${error?.code}: ${error?.message}`
    : [response.status, response.body.toString('latin1')];

describe.each(Object.entries(ROWS))('%s', (_what, { answer, ours, curl, problem }) => {
  test('is what it is', async () => {
    const request = { headers: [], body: Buffer.from('{}'), timeoutMs: 20_000 };
    const result = await sender.send({ url: await answering(answer), ...request });
    if ('fault' in result) throw new Error(result.fault);
    const verdict = verdictOf(result);
    if (Array.isArray(ours)) {
      expect(verdict).toEqual(ours);
      expect(result.error?.code ?? null).toBe(ours[0] < 300 ? null : 'http_status');
      expect(result.received).toBeNull();
      expect(result.response?.bodyProblem ?? null).toBe(problem ?? null);
      expect(result.response?.truncated).toBe(problem !== undefined);
    } else if (ours instanceof RegExp) {
      expect(verdict).toMatch(/^invalid_response: /);
      expect(verdict).toMatch(ours);
      // What came is kept, without the interim responses before it.
      const kept = result.received ?? Buffer.alloc(0);
      expect(Buffer.from(answer, 'latin1').includes(kept)).toBe(true);
      if (!/^HTTP\/1\.1 100 Continue\r\n\r\n$/.test(answer)) expect(kept).not.toHaveLength(0);
    } else expect(verdict).toMatch(new RegExp(`^${ours}: `));
    if (result.error !== null) expect(result.error.message).toMatch(/^[ -~]+$/);
  });

  (hasCurl() ? test : test.skip)('and curl says the same of it as the table', async () => {
    const url = await answering(answer);
    const mark = '|%{http_code}';
    const args = ['-sS', '--http1.1', '--max-time', '10', '--data', '{}', '--write-out', mark, url];
    const { exit, out } = await new Promise<{ exit: number; out: string }>((resolve) => {
      execFile('curl', args, { encoding: 'latin1' }, (error, stdout) =>
        resolve({ exit: Number(error?.code ?? 0), out: stdout }),
      );
    });
    if (curl !== 'ok') expect(exit).toBe(curl);
    else if (Array.isArray(ours) && problem === undefined) expect(out).toBe(`${ours[1]}|${ours[0]}`);
    else expect(out).toMatch(/\|200$/);
  });
});

/** Another version may judge otherwise. */
function hasCurl(): boolean {
  return /^curl 7\.88/.test(spawnSync('curl', ['--version']).stdout?.toString() ?? '');
}
