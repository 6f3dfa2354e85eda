/** Keeps what a page shows as new as the service: by the tenant's stream, or by asking again while there is none. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from 'react';
import { useApi } from './api.tsx';
import { createPacer } from './pacer.ts';
import { renewQueries } from './renewal.ts';
import { followStream, type LiveMessage } from './stream.ts';

/** First parts of the keys of the queries that a message makes old. */
const OUTDATES: Record<string, readonly string[]> = {
  'delivery.created': ['deliveries', 'events', 'event', 'metrics', 'gauges'],
  'delivery.updated': ['deliveries', 'events', 'event', 'endpoints', 'endpoint', 'metrics', 'gauges'],
  'attempt.recorded': ['endpoint-stats'],
  'endpoint.updated': ['endpoints', 'endpoint', 'endpoint-stats', 'activity', 'gauges'],
  'operation.updated': ['deliveries'],
};

/** What any message may make old: it is, where messages were missed. */
const ALL_OUTDATED = [...new Set(Object.values(OUTDATES).flat()), 'delivery', 'operation', 'recoverable'];

const POLL_MS = 10_000;
/** Time in which what became old is gathered: messages that come together load a list once, */
const GATHER_MS = 50;
/** and a thousand that come one after the other load it once a second. */
const PAUSE_MS = 1_000;
/** A stream that says nothing is no news of the database: the tenant is asked for while it is live. */
const PULSE_MS = 15_000;
/** A stream that is open again at once is not worth a word. */
const CUTS_TOLD = 2;

type Listener = (message: LiveMessage) => void;
type Live = {
  /** whether changes come by themselves; otherwise pages ask again every ten seconds */
  isLive: boolean;
  /** whether the stream was lost, and could not be opened again */
  isCut: boolean;
  subscribe(listener: Listener): () => void;
};
const LiveContext = createContext<Live>({ isLive: false, isCut: false, subscribe: () => () => {} });

export const useIsLive = (): boolean => use(LiveContext).isLive;
export const useIsCut = (): boolean => use(LiveContext).isCut;

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
  function renew(): void {
    const now = old;
    old = new Set();
    renewQueries(queries, {
      predicate: ({ queryKey: [first, second] }) => now.has(`${first}`) || now.has(`${first} ${second}`),
    });
  }
  const { ask } = createPacer(renew, { pauseMs: PAUSE_MS, gatherMs: GATHER_MS });
  /** @param keys first parts of keys, or the first two, with a space between them */
  return (keys: readonly string[]) => {
    if (keys.length === 0) return;
    for (const key of keys) old.add(key);
    ask();
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

/** Asks again for everything that is shown, or for what a key begins with, every so often. */
function usePolling(isNeeded: boolean, everyMs = POLL_MS, first?: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!isNeeded) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible')
        renewQueries(queries, first === undefined ? {} : { queryKey: [first] });
    }, everyMs);
    return () => clearInterval(timer);
  }, [isNeeded, everyMs, first, queries]);
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
  const [isLive, setLive] = useState(false);
  const [isCut, setCut] = useState(false);
  const listeners = useRef(new Set<Listener>());

  useEffect(() => {
    const ending = new AbortController();
    const outdate = createOutdater(queries);
    const take = (message: LiveMessage) => {
      if (message.event === 'stream.ready') {
        setLive(true);
        setCut(false);
      }
      if (message.event === 'operation.updated')
        queries.setQueryData(['operation', message.data.id], message.data);
      outdate(outdatedBy(message));
      for (const each of listeners.current) each(message);
    };
    const onCut = (times: number) => {
      setLive(false);
      setCut(times >= CUTS_TOLD);
    };
    void followStream(api, tenant, ending.signal, { onMessage: take, onCut });
    return () => ending.abort();
  }, [api, queries, tenant]);

  usePolling(!isLive);
  usePolling(isLive, PULSE_MS, 'tenant');
  const live = useMemo<Live>(
    () => ({
      isLive,
      isCut,
      subscribe: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [isLive, isCut],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}
