/**
 * Answers that are there before the request's body is: a wrong key, a body that is too large, a queue that is full. Whoever closes
 * with unread bytes resets the connection, and the client never sees the answer. So the rest is read and thrown away, within
 * bounds, and only then the connection closes (RFC 9112 section 9.6).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** More than the largest body that any route takes. */
const MAX_DRAINED_BYTES = 64 * 1024 * 1024;
const MAX_DRAINED_MS = 30_000;
/** With no more than this to come, the connection is worth keeping. */
const KEPT_BYTES = 1024 * 1024;
const LOOK_EVERY_MS = 100;

/** requests whose client waits to be told that it may send the body (`expect: 100-continue`) */
const waiting = new WeakSet<IncomingMessage>();

/** Call it before `closeGracefully`, which has the last word on keeping connections. */
export function answerEarly(app: FastifyInstance): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    app.server.emit('request', request, response);
  });
  app.addHook('onSend', async ({ raw }, reply) => {
    // Fastify closes after each refusal while it reads a body, also where nothing is left of it.
    reply.removeHeader('connection');
    if (raw.complete) return;
    if (waiting.has(raw) || !(declaredBytes(raw) <= KEPT_BYTES)) {
      reply.header('connection', 'close');
      lingerBeforeClosing(raw);
    } else reply.raw.once('finish', () => drain(raw, () => {}));
  });
}

/** The client may send its body now. */
export function welcomeBody(request: FastifyRequest, response: ServerResponse): void {
  if (waiting.delete(request.raw)) response.writeContinue();
}

/** NaN: it does not say. */
const declaredBytes = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length']) : Number.NaN;

/** Node closes by this method when the answer is written: now first the sending side alone, and the other when all has come. */
function lingerBeforeClosing(request: IncomingMessage): void {
  const { socket } = request;
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    socket.end();
    drain(request, close);
  };
}

/** Reads on and throws away: to the end of the request, or to the bounds, where the connection is cut. */
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

/** The same for a connection on which no HTTP can be read any more: `text` is the whole answer. */
export function answerAndClose(socket: Socket, text: () => Buffer): void {
  // What comes after it is no HTTP either, and is said here again and again.
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
