/** Sends one request over a connection and reads its response. */
import { ATTEMPT_ERRORS } from '../domain/errors.ts';
import { AttemptFailedError } from './attempt-failure.ts';
import type { Connection } from './connection.ts';
import type { Progress } from './progress.ts';
import { InvalidResponseError } from './response-head.ts';
import { createResponseReader, type Received } from './response-reader.ts';
import type { Target } from './target.ts';

/** The connection ended before the first byte of a response. */
export class NoAnswerError extends Error {
  constructor(cause: Error | null) {
    super('the connection was closed before a response came', { cause });
  }
}

/** The time was up when a response had begun, but its head had not ended. */
export class UnfinishedHeadError extends Error {
  readonly received: Buffer;
  constructor(received: Buffer) {
    super('the time was up');
    this.received = received;
  }
}

export type Exchanged = Received & {
  /** whether the connection may carry another request; if not, it is closed */
  isReusable: boolean;
};

/**
 * Closes the connection in every case but `isReusable`.
 * @throws NoAnswerError, AttemptFailedError (`invalid_response`), UnfinishedHeadError or the signal's reason
 */
// Long because every callback of the exchange shares its state.
export function exchange(
  connection: Connection,
  request: { head: Buffer; body: Buffer },
  progress: Progress,
): Promise<Exchanged> {
  const { socket } = connection;
  const { signal, timings } = progress;
  const reader = createResponseReader();
  return new Promise((resolve, reject) => {
    let isOver = false;
    const begunAtMs = performance.now();
    let firstByteAtMs: number | null = null;
    const end = (act: () => void) => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener('abort', giveUp);
      act();
    };
    const succeed = (received: Received) =>
      end(() => {
        const isSent = socket.writableLength === 0;
        const isReusable = isSent && received.isClean && received.head.isReusable && !connection.isOver();
        if (!isReusable) connection.end();
        if (firstByteAtMs !== null) timings.bodyMs = performance.now() - firstByteAtMs;
        resolve({ ...received, isReusable });
      });
    const fail = (error: unknown) =>
      end(() => {
        connection.end();
        reject(error);
      });
    const giveUp = () => {
      const received = reader.received('the time was up');
      if (received !== null) succeed(received);
      else fail(reader.unread().length > 0 ? new UnfinishedHeadError(reader.unread()) : signal.reason);
    };
    connection.hear({
      data(bytes) {
        if (isOver) return;
        if (firstByteAtMs === null) {
          firstByteAtMs = performance.now();
          timings.firstByteMs = firstByteAtMs - begunAtMs;
        }
        progress.phase = 'head';
        try {
          if (reader.feed(bytes)) succeed(reader.received() as Received);
        } catch (error) {
          fail(error instanceof InvalidResponseError ? invalid(error.message, reader.unread()) : error);
        }
      },
      over(error) {
        const received = reader.received(
          error === null ? undefined : `the connection broke off (${error.code})`,
        );
        const missing = reader.missing();
        if (received !== null) succeed(received);
        else fail(missing === null ? new NoAnswerError(error) : invalid(missing, reader.unread(), true));
      },
    });
    if (signal.aborted) giveUp();
    else {
      signal.addEventListener('abort', giveUp, { once: true });
      progress.phase = 'request';
      send(connection, request, () => {
        if (progress.phase === 'request') progress.phase = 'answer';
      });
    }
  });
}

/** Writes head and body together: in one packet where they fit. */
function send(
  { socket }: Connection,
  { head, body }: { head: Buffer; body: Buffer },
  sent: () => void,
): void {
  socket.cork();
  socket.write(head);
  socket.write(body, (error) => {
    if (error == null) sent();
  });
  socket.uncork();
}

const invalid = (why: string, received: Buffer, isSilence = false) =>
  new AttemptFailedError(
    { code: 'invalid_response', message: `${ATTEMPT_ERRORS.invalid_response.replace(/\.$/, '')}: ${why}.` },
    { received, isSilence },
  );

const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * @param headers besides `host`, `connection` and `content-length`, which are set here
 * @throws TypeError when a header would break out of its line
 */
export function requestHead(target: Target, headers: readonly [string, string][], length: number): Buffer {
  const lines = [
    `POST ${target.path} HTTP/1.1`,
    `host: ${target.authority}`,
    'connection: keep-alive',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${length}`,
  ];
  const broken = lines.find((line) => FORBIDDEN.test(line));
  if (broken !== undefined) throw new TypeError(`The header ${broken.split(':')[0]} cannot be sent`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
