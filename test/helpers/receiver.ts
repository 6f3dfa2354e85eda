/** A real HTTP receiver on loopback that keeps what it gets and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from './cleanup.ts';

export type Received = {
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: Buffer;
  path: string;
  atMs: number;
};
/** A status, or a function that answers by itself. */
export type Answer = number | ((response: ServerResponse, request: Received) => void);

export type Receiver = {
  url: string;
  received: Received[];
  /** the answers to the next requests; when they are used up, the last one stays */
  answer(...answers: Answer[]): void;
  /** resolves when so many requests have come */
  until(count: number, withinMs?: number): Promise<Received[]>;
  close(): Promise<void>;
};

export async function startReceiver(...first: Answer[]): Promise<Receiver> {
  const received: Received[] = [];
  let answers: Answer[] = first.length > 0 ? first : [200];
  const waiters = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const entry: Received = {
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(chunks),
        path: request.url ?? '',
        atMs: Date.now(),
      };
      received.push(entry);
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? 200;
      if (typeof answer === 'number') response.writeHead(answer).end(`answered ${answer}`);
      else answer(response, entry);
      for (const check of waiters) check();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer(...next) {
      answers = next;
    },
    until(count, withinMs = 20_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(check);
          reject(new Error(`${received.length} of ${count} requests came within ${withinMs} ms`));
        }, withinMs);
        const check = () => {
          if (received.length < count) return;
          clearTimeout(timer);
          waiters.delete(check);
          resolve(received);
        };
        waiters.add(check);
        check();
      });
    },
    close: atEnd(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }),
  };
}
