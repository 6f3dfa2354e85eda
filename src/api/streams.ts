/**
 * Open streams of this process. Each has a bounded buffer, and ends with the key or session that opened it, with its tenant, and with the
 * process. A reader that does not keep up is dropped: it comes back, and goes on where it was.
 */
import { PassThrough } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../domain/errors.ts';
import type { ChangeFeed, Watcher } from './change-feed.ts';
import { asServerSentEvent, messagesOf, type StreamMessage } from './schemas/stream.ts';

/** Streams of all tenants in one process. */
const MAX_STREAMS = 2_000;
/** What waits for a reader; more drops it. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Proxies close a connection on which nothing happens for a minute or less. */
const HEARTBEAT_MS = 15_000;
/** How often it is asked whether the key or session is still good. */
const RECHECK_MS = 1_000;
/** Time to read the last message. */
const LINGER_MS = 500;

export type Streams = {
  /**
   * Answers the request with a stream.
   * @param sinceMs goes on from there; `null`: from now
   * @param isAllowed whether the caller may still read it. Rejects when that cannot be told now
   * @throws Problem too_many_requests, overloaded
   */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    tenantId: string,
    sinceMs: number | null,
    isAllowed: () => Promise<boolean>,
  ): Promise<FastifyReply>;
};

type End = (reason: 'signed_out' | 'gone' | 'shutdown') => void;

// Long because all that ends a stream is in one place.
export function createStreams(app: FastifyInstance, feed: ChangeFeed, perTenant: number): Streams {
  const open = new Map<string, Set<End>>();
  let isClosing = false;

  function refuseTooMany(tenantId: string): void {
    if (isClosing)
      throw new Problem('overloaded', 'This process stops. Open the stream again.', { retryAfterS: 1 });
    const all = [...open.values()].reduce((sum, { size }) => sum + size, 0);
    if (all >= MAX_STREAMS) {
      throw new Problem('overloaded', 'Too many streams are open here. Try again in ten seconds.', {
        retryAfterS: 10,
      });
    }
    if ((open.get(tenantId)?.size ?? 0) < perTenant) return;
    throw new Problem(
      'too_many_requests',
      `${perTenant} streams of this tenant are open, the most there may be in one process. Close one, or ask for the lists instead.`,
      { retryAfterS: 10 },
    );
  }

  app.addHook('preClose', async () => {
    isClosing = true;
    for (const ends of open.values()) for (const end of [...ends]) end('shutdown');
    await feed.close();
  });

  return {
    // Long because its timers, its buffer and its ends share one state.
    async open(request, reply, tenantId, sinceMs, isAllowed) {
      refuseTooMany(tenantId);
      const body = new PassThrough();
      const timers: NodeJS.Timeout[] = [];
      let unwatch: () => void = () => {};
      let isOver = false;
      let isAsking = false;

      function release(): void {
        isOver = true;
        for (const timer of timers) clearInterval(timer);
        unwatch();
        unwatch = () => {};
        const ends = open.get(tenantId);
        ends?.delete(end);
        if (ends?.size === 0) open.delete(tenantId);
      }

      function write(text: string): void {
        if (isOver) return;
        body.write(text);
        if (body.writableLength + body.readableLength <= MAX_BUFFERED_BYTES) return;
        release();
        request.log.info({ tenant: tenantId }, 'a stream was dropped, because its reader does not keep up');
        reply.raw.destroy();
      }

      const end: End = (reason) => {
        if (isOver) return;
        write(asServerSentEvent({ event: 'stream.end', data: { reason } }));
        release();
        body.end();
        // A reader that does not read would keep the process from stopping.
        setTimeout(() => reply.raw.destroy(), LINGER_MS).unref();
      };

      const tell = (messages: StreamMessage[], atMs: number) =>
        write(
          messages
            .map((message, at) => asServerSentEvent(message, at === messages.length - 1 ? atMs : undefined))
            .join(''),
        );
      const watcher: Watcher = {
        take: (changes, untilMs) => tell(changes.flatMap(messagesOf), untilMs),
        missed: (untilMs) => tell([{ event: 'stream.reset', data: {} }], untilMs),
        gone: () => end('gone'),
      };

      async function recheck(): Promise<void> {
        if (isAsking) return;
        isAsking = true;
        // It goes on while that cannot be told: the database is away.
        const isGood = await isAllowed().catch(() => true);
        isAsking = false;
        if (!isGood) end('signed_out');
      }

      open.set(tenantId, (open.get(tenantId) ?? new Set<End>()).add(end));
      reply.raw.once('close', () => {
        release();
        body.destroy();
      });
      try {
        unwatch = await feed.watch(tenantId, sinceMs, watcher);
      } catch (error) {
        release();
        throw error;
      }
      tell([{ event: 'stream.ready', data: {} }], feed.nowMs());
      timers.push(
        setInterval(() => write(': still here\n\n'), HEARTBEAT_MS),
        setInterval(() => void recheck(), RECHECK_MS),
      );
      // It may be over already: the reader is gone, or the process stops.
      if (isOver) release();
      if (body.destroyed) return reply.hijack();
      return reply
        .type('text/event-stream')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(body as never);
    },
  };
}
