/** The API client of these pages, and how its answers are cached. */

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { createClient, type TidingsClient, TidingsError } from '@tidings/client';
import { createContext, type ReactNode, use } from 'react';
import { type Away, awayBy } from './reached.tsx';

const ApiContext = createContext<TidingsClient | null>(null);

export const ApiProvider = ({ client, children }: { client: TidingsClient; children: ReactNode }) => (
  <ApiContext value={client}>{children}</ApiContext>
);

/** @throws Error outside of the provider */
export function useApi(): TidingsClient {
  const client = use(ApiContext);
  if (client === null) throw new Error('There is no ApiProvider above');
  return client;
}

/** Queries are repeated by the cache, and whoever presses a button sees what came of it. */
const retries = 0;

/** A request with a session's cookie that changes something needs this header, which no form of another site can send. */
export const dashboardClient = () =>
  createClient({ baseUrl: location.origin, headers: { 'x-tidings-csrf': '1' }, retries });

/** @param bearer the portal session's, as it is now */
export function portalClient(bearer: () => string | null): TidingsClient {
  const client = createClient({ baseUrl: location.origin, credentials: 'omit', retries });
  client.use({
    onRequest: ({ request }) => {
      request.headers.set('authorization', `Bearer ${bearer() ?? ''}`);
      return request;
    },
  });
  return client;
}

const RETRIES = 2;

/**
 * @param onSignedOut called when an answer says that the session has ended
 * @param onAway called with what is away, after each answer
 */
export function createQueryClient(onSignedOut: () => void, onAway: (away: Away) => void): QueryClient {
  const onError = (error: Error) => {
    if (!(error instanceof TidingsError)) return;
    if (error.status === 401) onSignedOut();
    onAway(awayBy(error));
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError, onSuccess: () => onAway(null) }),
    mutationCache: new MutationCache({ onError, onSuccess: () => onAway(null) }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        // Without it a query pauses when the browser believes to be offline, which a service on this machine does not care about.
        networkMode: 'always',
        retry: (failures, error) => failures < RETRIES && error instanceof TidingsError && error.mayPass,
        refetchOnWindowFocus: true,
      },
      mutations: { networkMode: 'always' },
    },
  });
}
