/** The demo's receivers: one plain and one https server on loopback, a path for each endpoint. */

import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { freePort } from '../embedded/free-port.ts';
import type { Certificate } from './certificate.ts';
import { type Knows, verify } from './verify.ts';

export type DemoReceivers = {
  http: string;
  https: string;
  /** whether one of them listens there */
  isAt(port: number): boolean;
  /** Sets what the receiver at this path verifies, and how many requests it refuses first. */
  expect(path: string, profile: string, knows: Knows, refuseFirst?: number): void;
  close(): Promise<void>;
};

type Expectation = { profile: string; knows: Knows; refusals: number };

/** @param folder keeps the ports, so that endpoints of an earlier start still work */
export async function startDemoReceivers(folder: string, certificate: Certificate): Promise<DemoReceivers> {
  const expectations = new Map<string, Expectation>();
  const handle: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [status, text] = answer(
        expectations.get(request.url ?? ''),
        request.headers,
        Buffer.concat(chunks),
      );
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    });
  };
  const ports = await rememberedPorts(join(folder, 'ports'));
  const [http, https] = await Promise.all([
    listen(createServer(handle), ports[0]),
    listen(createTlsServer({ key: certificate.key, cert: certificate.cert }, handle), ports[1]),
  ]);
  return {
    http: `http://127.0.0.1:${ports[0]}`,
    https: `https://127.0.0.1:${ports[1]}`,
    isAt: (port) => ports.includes(port),
    expect(path, profile, knows, refuseFirst = 0) {
      expectations.set(path, { profile, knows, refusals: refuseFirst });
    },
    async close() {
      for (const server of [http, https]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function answer(
  expectation: Expectation | undefined,
  headers: IncomingHttpHeaders,
  body: Buffer,
): [number, string] {
  if (expectation === undefined) return [404, 'There is no receiver here.'];
  const verdict = verify(expectation.profile, headers, body, expectation.knows);
  if (verdict.is !== 'genuine') return [401, `Refused: ${verdict.why}.`];
  if (expectation.refusals > 0) {
    expectation.refusals -= 1;
    return [503, 'Not now, please try again.'];
  }
  return [200, 'Thank you.'];
}

async function rememberedPorts(file: string): Promise<[number, number]> {
  const [http = 0, https = 0] = (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number);
  const ports: [number, number] = [await freePort(http), await freePort(https)];
  await writeFile(file, ports.join(' '));
  return ports;
}

function listen<Listening extends Server>(server: Listening, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
