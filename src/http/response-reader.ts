/** Reads one response from the bytes of a connection, piece by piece, within bounds of size. */
import { type BodyReader, BrokenBodyError, createBodyReader } from './response-body.ts';
import { InvalidResponseError, quoted, type ResponseHead, readHead } from './response-head.ts';

export const MAX_RESPONSE_BYTES = 16 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
/** of all interim responses (1xx) before the final one */
const MAX_INTERIM_BYTES = 64 * 1024;
/** of empty lines before a status line */
const MAX_EMPTY_BYTES = 64;

export type Received = {
  head: ResponseHead;
  /** the first `MAX_RESPONSE_BYTES` of the body as it came */
  body: Buffer;
  /** how many bytes of the body came; more may have followed where it is truncated */
  rawLength: number;
  truncated: boolean;
  /** why the body is not whole, as a clause, where the receiver is the cause */
  bodyProblem: string | null;
  /** whether nothing came after the body, so that the connection may carry another request if the head allows it */
  isClean: boolean;
};

export type ResponseReader = {
  /**
   * Takes the bytes that came. @returns whether the response has ended, or the kept part of its body is full
   * @throws InvalidResponseError
   */
  feed(bytes: Buffer): boolean;
  /** The response as far as it came; `null` while its head has not ended. */
  received(why?: string | null): Received | null;
  /** the bytes of a head that has not ended, cut to `MAX_RESPONSE_BYTES` */
  unread(): Buffer;
  /** why there is no response when the connection ends here, as a clause */
  missing(): string | null;
};

export function createResponseReader(): ResponseReader {
  const heads = createHeadReader();
  let head: ResponseHead | null = null;
  let body: BodyReader | null = null;
  const kept: Buffer[] = [];
  let rawLength = 0;
  let truncated = false;
  let bodyProblem: string | null = null;
  let isClean = false;

  const keep = (data: Buffer) => {
    if (rawLength < MAX_RESPONSE_BYTES) kept.push(data);
    rawLength += data.length;
  };

  function feedBody(bytes: Buffer, reader: BodyReader): boolean {
    try {
      const end = reader.feed(bytes, keep);
      truncated = rawLength > MAX_RESPONSE_BYTES;
      isClean = end?.left === 0;
      return end !== null || truncated;
    } catch (error) {
      if (!(error instanceof BrokenBodyError)) throw error;
      // The status has come, and it decides.
      bodyProblem = error.message;
      truncated = true;
      return true;
    }
  }

  return {
    feed(bytes) {
      if (body !== null) return feedBody(bytes, body);
      const read = heads.feed(bytes);
      if (read === null) return false;
      head = read.head;
      body = createBodyReader(head.framing);
      return feedBody(read.rest, body);
    },
    received(why = body?.missing() ?? null) {
      if (head === null) return null;
      const bytes = Buffer.concat(kept);
      return {
        head,
        body: bytes.subarray(0, MAX_RESPONSE_BYTES),
        rawLength,
        truncated: truncated || why !== null,
        bodyProblem: bodyProblem ?? why,
        isClean,
      };
    },
    unread: heads.unread,
    missing: heads.missing,
  };
}

/** Reads heads up to that of the final response: interim ones (1xx) are passed over. */
function createHeadReader() {
  let pending: Buffer = Buffer.alloc(0);
  /** how much of it holds no end of a head: what comes byte by byte is not searched anew for each */
  let searched = 0;
  let interimBytes = 0;
  let interimStatus: number | null = null;
  return {
    /** @returns the head and the bytes that follow it; `null` while it has not ended */
    feed(bytes: Buffer): { head: ResponseHead; rest: Buffer } | null {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      for (;;) {
        const start = startOfHead(pending);
        if (start > MAX_EMPTY_BYTES) {
          throw new InvalidResponseError(
            `more than ${MAX_EMPTY_BYTES} bytes of empty lines came before its status line`,
          );
        }
        refuseOtherProtocols(pending.subarray(start));
        const end = endOfHead(pending, Math.max(start, searched - LONGEST_END));
        searched = end === null ? pending.length : 0;
        if ((end ?? pending.length) - start > MAX_HEAD_BYTES) {
          throw new InvalidResponseError(`its headers are larger than ${MAX_HEAD_BYTES / 1024} KiB`);
        }
        if (end === null) return null;
        const head = readHead(pending.subarray(start, end));
        if (head.status === 101) {
          throw new InvalidResponseError('it switches to another protocol (101), which nobody has asked for');
        }
        if (head.status >= 200) return { head, rest: pending.subarray(end) };
        interimStatus = head.status;
        interimBytes += end;
        if (interimBytes > MAX_INTERIM_BYTES) {
          throw new InvalidResponseError(
            `more than ${MAX_INTERIM_BYTES / 1024} KiB of interim responses came`,
          );
        }
        pending = pending.subarray(end);
      }
    },
    unread: () => pending.subarray(0, MAX_RESPONSE_BYTES),
    missing(): string | null {
      if (pending.length > startOfHead(pending)) return 'the connection was closed before its headers ended';
      if (interimStatus === null) return null;
      return `the connection was closed after the interim response ${interimStatus}`;
    },
  };
}

/** The index of the status line: empty lines before it are passed over. */
function startOfHead(bytes: Buffer): number {
  let start = 0;
  while (start <= MAX_EMPTY_BYTES && (bytes[start] === 0x0d || bytes[start] === 0x0a)) start += 1;
  return start;
}

/** Bytes of the longest end of a head before the last one. */
const LONGEST_END = 2;

/** The index after the empty line that ends the head. */
function endOfHead(bytes: Buffer, start: number): number | null {
  for (let lf = bytes.indexOf(0x0a, start); lf >= 0; lf = bytes.indexOf(0x0a, lf + 1)) {
    const next = bytes[lf + 1] === 0x0d ? lf + 2 : lf + 1;
    if (bytes[next] === 0x0a) return next + 1;
  }
  return null;
}

const PREFIX = 'http/';

/** @throws InvalidResponseError at the first byte that no response begins with: the other side may be waiting for an answer */
function refuseOtherProtocols(bytes: Buffer): void {
  const first = bytes.toString('latin1', 0, PREFIX.length);
  if (first.toLowerCase() === PREFIX.slice(0, first.length)) return;
  const [line = ''] = bytes.toString('latin1').split(/\r?\n/, 1);
  throw new InvalidResponseError(otherProtocol(bytes) ?? `it begins with ${quoted(line)}`);
}

function otherProtocol(bytes: Buffer): string | null {
  // RFC 8446 section 5.1: an alert or handshake record of TLS.
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03) {
    return 'it speaks TLS, and the URL says http';
  }
  // RFC 9113 section 3.4: a server begins with SETTINGS, on stream 0.
  if (bytes.length >= 9 && bytes[3] === 0x04 && bytes.readUInt32BE(5) === 0) {
    return 'it speaks HTTP/2 without being asked for it';
  }
  return null;
}
