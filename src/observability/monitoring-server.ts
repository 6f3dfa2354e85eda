/** HTTP server for monitoring on a port of its own, also in a process without an API: /metrics, /healthz and /readyz. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VERSION } from '../package-root.ts';
import { METRICS_CONTENT_TYPE } from './metrics-page.ts';
import type { Readiness } from './readiness.ts';

export type Monitoring = { url: string; close(): Promise<void> };

/** @throws Error when the port is taken */
export async function startMonitoring(options: {
  port: number;
  host: string;
  readiness: () => Promise<Readiness>;
  scrape: () => Promise<string>;
}): Promise<Monitoring> {
  const pages: Record<string, (response: ServerResponse) => Promise<void>> = {
    '/metrics': async (response) => {
      response.setHeader('content-type', METRICS_CONTENT_TYPE).end(await options.scrape());
    },
    '/healthz': async (response) => sendJson(response, 200, { status: 'ok', version: VERSION }),
    '/readyz': async (response) => {
      const readiness = await options.readiness();
      sendJson(response, readiness.ready ? 200 : 503, readiness);
    },
  };
  const server = createServer((request, response) => {
    const page = pages[request.url?.split('?')[0] ?? ''];
    if (page === undefined) response.writeHead(404).end();
    else page(response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
