/**
 * Responses that are sent before the whole body of the request has come: the key is wrong, the body is too large, a queue is full.
 * A server that closes a connection with unread bytes resets it, and the client never sees the response. So the rest of the body
 * is read and discarded, within bounds, before the connection is closed (RFC 9112 section 9.6).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** More than the largest body that any route takes. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;
const MAX_DRAINED_MS = 30_000;
/** A connection is kept for further requests when no more than this is declared to come. */
const KEPT_BYTES = 1024 * 1024;
const LOOK_EVERY_MS = 100;

/** Requests with `expect: 100-continue`, whose client waits for `100 Continue` before it sends the body. */
const waiting = new WeakSet<IncomingMessage>();

/** Call it before `closeGracefully`: the hook that is added last decides whether a connection is kept. */
export function answerEarly(app: FastifyInstance): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    app.server.emit('request', request, response);
  });
  app.addHook('onSend', async ({ raw }, reply) => {
    // Fastify closes the connection after each refusal of a body, even when the whole body has come.
    reply.removeHeader('connection');
    if (raw.complete) return;
    if (waiting.has(raw) || !(declaredBytes(raw) <= KEPT_BYTES)) {
      reply.header('connection', 'close');
      lingerBeforeClosing(raw);
    } else reply.raw.once('finish', () => drain(raw, () => {}));
  });
}

/** Sends `100 Continue`, if the client waits for it. */
export function welcomeBody(request: FastifyRequest, response: ServerResponse): void {
  if (waiting.delete(request.raw)) response.writeContinue();
}

/** The declared length of the body; NaN when none is declared. */
const declaredBytes = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length']) : Number.NaN;

/** Replaces the method by which Node closes once the answer is written: now the sending side closes first, the other when all has come. */
function lingerBeforeClosing(request: IncomingMessage): void {
  const { socket } = request;
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    socket.end();
    drain(request, close);
  };
}

/** Reads and discards the rest of the request. At the bounds it cuts the connection. */
function drain(request: IncomingMessage, done: () => void): void {
  const { socket } = request;
  if (request.complete || socket.destroyed) {
    done();
    return;
  }
  const until = performance.now() + MAX_DRAINED_MS;
  const most = socket.bytesRead + MAX_DRAINED_BYTES;
  request.removeAllListeners('data').resume();
  const timer = setInterval(() => {
    if (request.complete) end();
    else if (performance.now() > until || socket.bytesRead > most) socket.destroy();
  }, LOOK_EVERY_MS);
  const end = () => {
    clearInterval(timer);
    socket.off('close', end);
    done();
  };
  socket.once('close', end);
}

const answered = new WeakSet<Socket>();

/** Does the same for a connection on which HTTP can no longer be parsed. @param text makes the whole answer */
export function answerAndClose(socket: Socket, text: () => Buffer): void {
  // The parser reports every later chunk of the same connection as an error, too.
  if (answered.has(socket)) return;
  answered.add(socket);
  const until = performance.now() + MAX_DRAINED_MS;
  const most = socket.bytesRead + MAX_DRAINED_BYTES;
  const timer = setInterval(() => {
    if (performance.now() > until || socket.bytesRead > most) socket.destroy();
  }, LOOK_EVERY_MS);
  socket.once('close', () => clearInterval(timer)).once('end', () => socket.destroySoon());
  socket.end(text());
}
