/** Keeps what a page shows as new as the service: by the tenant's stream, or by asking again while there is none. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas, TidingsError } from '@tidings/client';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from 'react';
import { useApi } from './api.tsx';
import { renewQueries } from './renewal.ts';

/** A message of the stream: docs/openapi.json, `tenants.stream`. */
export type LiveMessage =
  | { event: 'delivery.created' | 'delivery.updated'; data: Schemas['DeliverySummary'] & { reason?: string } }
  | { event: 'attempt.recorded'; data: { delivery_id: string; endpoint_id: string; number: number } }
  | { event: 'endpoint.updated'; data: { id: string; enabled: boolean } }
  | { event: 'operation.updated'; data: Schemas['Operation'] }
  | { event: 'stream.ready' | 'stream.reset' | 'stream.end'; data: { reason?: string } };

/** First parts of the keys of the queries that a message makes old. */
const OUTDATES: Record<string, readonly string[]> = {
  'delivery.created': ['deliveries', 'events', 'event', 'metrics', 'gauges'],
  'delivery.updated': ['deliveries', 'event', 'endpoints', 'endpoint', 'metrics', 'gauges'],
  'attempt.recorded': ['endpoint-stats'],
  'endpoint.updated': ['endpoints', 'endpoint', 'endpoint-stats', 'activity', 'gauges'],
  'operation.updated': ['deliveries'],
};

/** What any message may make old: it is, where messages were missed. */
const ALL_OUTDATED = [...new Set(Object.values(OUTDATES).flat()), 'delivery', 'operation'];

const POLL_MS = 10_000;
/** Time in which what became old is gathered: messages that come together load a list once, */
const GATHER_MS = 50;
/** and a thousand that come one after the other load it once a second. */
const PAUSE_MS = 1_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

type Listener = (message: LiveMessage) => void;
type Live = {
  /** whether changes come by themselves; otherwise pages ask again every ten seconds */
  isLive: boolean;
  subscribe(listener: Listener): () => void;
};
const LiveContext = createContext<Live>({ isLive: false, subscribe: () => () => {} });

export const useIsLive = (): boolean => use(LiveContext).isLive;

/** Calls the listener with each message of the tenant's stream. */
export function useLiveMessages(listener: Listener): void {
  const { subscribe } = use(LiveContext);
  const current = useRef(listener);
  current.current = listener;
  useEffect(() => subscribe((message) => current.current(message)), [subscribe]);
}

/** Gathers what became old, and renews what is shown of it, once a second at most. */
function createOutdater(queries: QueryClient) {
  let old = new Set<string>();
  let isWaiting = false;
  let renewedAt = Number.NEGATIVE_INFINITY;
  function renew(): void {
    isWaiting = false;
    renewedAt = performance.now();
    const now = old;
    old = new Set();
    renewQueries(queries, {
      predicate: ({ queryKey: [first, second] }) => now.has(`${first}`) || now.has(`${first} ${second}`),
    });
  }
  /** @param keys first parts of keys, or the first two, with a space between them */
  return (keys: readonly string[]) => {
    if (keys.length === 0) return;
    for (const key of keys) old.add(key);
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(renew, Math.max(GATHER_MS, renewedAt + PAUSE_MS - performance.now()));
  };
}

/** What the message makes old. */
function outdatedBy({ event, data }: LiveMessage): readonly string[] {
  const keys = OUTDATES[event] ?? [];
  if (event === 'stream.ready' || event === 'stream.reset') return ALL_OUTDATED;
  if (event === 'delivery.updated') return [...keys, `delivery ${data.id}`];
  if (event === 'attempt.recorded') return [...keys, `delivery ${data.delivery_id}`];
  return keys;
}

/** Asks again for everything that is shown, every ten seconds. */
function usePolling(isNeeded: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!isNeeded) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') renewQueries(queries);
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [isNeeded, queries]);
}

/** For pages of all tenants, which have no stream. */
export function Polled({ children }: { children: ReactNode }) {
  usePolling(true);
  return children;
}

/** For the pages of a tenant. */
export function LiveTenant({ tenant, children }: { tenant: string; children: ReactNode }) {
  const api = useApi();
  const queries = useQueryClient();
  const [isLive, setIsLive] = useState(false);
  const listeners = useRef(new Set<Listener>());

  useEffect(() => {
    const ending = new AbortController();
    const outdate = createOutdater(queries);
    const take = (message: LiveMessage) => {
      if (message.event === 'stream.ready') setIsLive(true);
      if (message.event === 'operation.updated')
        queries.setQueryData(['operation', message.data.id], message.data);
      outdate(outdatedBy(message));
      for (const each of listeners.current) each(message);
    };
    void follow(tenant, ending.signal, take, () => setIsLive(false));
    return () => ending.abort();

    async function follow(id: string, signal: AbortSignal, onMessage: Listener, onCut: () => void) {
      let lastId: string | undefined;
      let waitMs = FIRST_WAIT_MS;
      while (!signal.aborted) {
        try {
          const body = await dataOf(
            api.GET('/v1/tenants/{tenant}/stream', {
              params: { path: { tenant: id } },
              headers: lastId === undefined ? {} : { 'last-event-id': lastId },
              parseAs: 'stream',
              signal,
            }) as Promise<{ data?: ReadableStream<Uint8Array<ArrayBuffer>> | null }>,
          );
          const messages = (body ?? new ReadableStream())
            .pipeThrough(new TextDecoderStream())
            .pipeThrough(new EventSourceParserStream())
            .getReader();
          for (let next = await messages.read(); !next.done; next = await messages.read()) {
            waitMs = FIRST_WAIT_MS;
            lastId = next.value.id ?? lastId;
            onMessage({ event: next.value.event, data: JSON.parse(next.value.data) } as LiveMessage);
          }
        } catch (error) {
          // Who is not let in will not be, until they sign in again.
          if (error instanceof TidingsError && (error.status === 401 || error.status === 403))
            waitMs = LONGEST_WAIT_MS;
        }
        if (signal.aborted) return;
        onCut();
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }, [api, queries, tenant]);

  usePolling(!isLive);
  const live = useMemo<Live>(
    () => ({
      isLive,
      subscribe: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [isLive],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}
