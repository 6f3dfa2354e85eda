/** A proxy before the real Temporal that answers chosen calls with a status of gRPC, as a server in trouble does. */
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { atEnd } from './cleanup.ts';

export type GrpcProxy = {
  address: string;
  /** Answers calls of these methods (`StartWorkflowExecution`) with a status from now on; without a status, as Temporal does. */
  answer(methods: readonly string[] | RegExp, status: number | null, message?: string): void;
  /** how many calls of the method were answered with a status */
  refused(method: string): number;
};

/** @param target host:port of the real one */
export async function startGrpcProxy(target: string): Promise<GrpcProxy> {
  let upstream: ClientHttp2Session | null = null;
  let rule: { applies: (method: string) => boolean; status: number; message: string } | null = null;
  const counts = new Map<string, number>();

  /** Temporal ends connections that are some minutes old. What has begun on one goes on; the next call needs another. */
  function connected(): ClientHttp2Session {
    if (upstream !== null) return upstream;
    const session = connect(`http://${target}`);
    const leave = () => {
      if (upstream === session) upstream = null;
    };
    session.on('error', leave).on('goaway', leave).on('close', leave);
    upstream = session;
    return session;
  }

  function refuse(stream: ServerHttp2Stream, method: string, status: number, message: string): void {
    counts.set(method, (counts.get(method) ?? 0) + 1);
    stream.on('data', () => {});
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(status),
        'grpc-message': message,
      },
      { endStream: true },
    );
  }

  function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { ':authority': _authority, ...rest } = headers;
    const request = connected().request(rest);
    let trailers: IncomingHttpHeaders = {};
    request.on('response', ({ ...answer }, flags) => {
      const endStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      if (stream.destroyed) return;
      stream.respond(answer, { endStream, waitForTrailers: !endStream });
    });
    request.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('close', () => request.close(constants.NGHTTP2_CANCEL));
    request.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    stream.on('error', () => {});
    stream.pipe(request);
    request.on('data', (chunk) => stream.write(chunk));
    request.on('end', () => stream.end());
  }

  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    const method = (headers[':path'] ?? '').split('/').at(-1) ?? '';
    if (rule?.applies(method)) refuse(stream, method, rule.status, rule.message);
    else forward(stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    upstream?.destroy();
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer(methods, status, message = 'as the test wants it') {
      const applies = (method: string) =>
        methods instanceof RegExp ? methods.test(method) : methods.includes(method);
      rule = status === null ? null : { applies, status, message };
    },
    refused: (method) => counts.get(method) ?? 0,
  };
}
