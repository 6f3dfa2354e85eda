/** Graceful close of the API: ends each connection once its request is answered, so that none delays the shutdown. */
import type { FastifyInstance } from 'fastify';

const CHECK_MS = 50;

/**
 * Node closes only the connections that are idle when the close begins. One that becomes idle later, or has not sent a request
 * yet, would stay for as long as keep-alive allows.
 */
export function closeGracefully(app: FastifyInstance): void {
  const { server } = app;
  let inFlight = 0;
  let isClosing = false;
  server.on('request', (_request, response) => {
    inFlight += 1;
    response.once('close', () => {
      inFlight -= 1;
    });
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    if (!server.listening) return;
    const timer = setInterval(() => {
      if (inFlight === 0) server.closeAllConnections();
    }, CHECK_MS);
    server.once('close', () => clearInterval(timer));
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}
