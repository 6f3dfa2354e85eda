/** The frame of both entrances: what every page finds above itself. */
import { QueryClientProvider } from '@tanstack/react-query';
import type { TidingsClient } from '@tidings/client';
import { type ComponentProps, type ReactNode, useMemo, useRef, useState } from 'react';
import { Router } from 'wouter';
import { Announcer } from '../context/announce.tsx';
import { ApiProvider, createQueryClient } from '../context/api.tsx';
import { PreferencesProvider } from '../context/preferences.tsx';
import { type Away, AwayProvider } from '../context/reached.tsx';
import { type Viewer, ViewerProvider } from '../context/session.tsx';
import { AwayNotice } from './away-notice.tsx';
import { ErrorBoundary } from './error-boundary.tsx';

/** The cache of the API's answers. @param onSignedOut called when an answer says that the session has ended */
export function useEntrance(onSignedOut: () => void) {
  const [away, setAway] = useState<Away>(null);
  const signedOut = useRef(onSignedOut);
  signedOut.current = onSignedOut;
  const queries = useMemo(() => createQueryClient(() => signedOut.current(), setAway), []);
  return { queries, away, setAway };
}

type EntranceProps = {
  api: TidingsClient;
  mode?: ComponentProps<typeof PreferencesProvider>['mode'];
  children: ReactNode;
} & ReturnType<typeof useEntrance>;

export const Entrance = ({ api, mode, queries, away, children }: EntranceProps) => (
  <PreferencesProvider mode={mode}>
    <ApiProvider client={api}>
      <QueryClientProvider client={queries}>
        <AwayProvider away={away}>{children}</AwayProvider>
      </QueryClientProvider>
    </ApiProvider>
  </PreferencesProvider>
);

/** While it is not known yet who comes. */
export const Starting = ({ away }: { away: Away }) => (
  <main>
    <AwayNotice away={away} />
  </main>
);

/**
 * The pages of somebody who is signed in.
 * @param base the entrance's path
 * @param over what stands over the page, which stays as it is
 */
export const SignedIn = ({
  base,
  viewer,
  over,
  children,
}: {
  base: string;
  viewer: Viewer;
  over: ReactNode;
  children: ReactNode;
}) => (
  <ViewerProvider value={viewer}>
    <Announcer>
      <Router base={base}>
        <ErrorBoundary>{children}</ErrorBoundary>
      </Router>
      {over}
    </Announcer>
  </ViewerProvider>
);
