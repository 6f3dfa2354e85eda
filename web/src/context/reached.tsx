/** The part that cannot be reached at the moment, the service or its database. Meanwhile pages show what they know, and ask again. */
import { useQueryClient } from '@tanstack/react-query';
import { TidingsError } from '@tidings/client';
import { createContext, type ReactNode, use, useEffect } from 'react';
import { renewQueries } from './renewal.ts';

/** The service itself, or its database. `null`: both answer */
export type Away = 'service' | 'storage' | null;

const AwayContext = createContext<Away>(null);

export const useAway = (): Away => use(AwayContext);

const AGAIN_MS = 3_000;

/** What an error says about it. */
export function awayBy(error: Error): Away {
  if (!(error instanceof TidingsError)) return null;
  if (error.code === 'no_answer') return 'service';
  return error.code === 'storage_unavailable' ? 'storage' : null;
}

export function AwayProvider({ away, children }: { away: Away; children: ReactNode }) {
  const queries = useQueryClient();
  const isAway = away !== null;
  useEffect(() => {
    if (!isAway) return;
    const timer = setInterval(() => renewQueries(queries), AGAIN_MS);
    return () => clearInterval(timer);
  }, [isAway, queries]);
  return <AwayContext value={away}>{children}</AwayContext>;
}

/** Asks until the service answers, with whatever it is. @param onAway called with what is away, before each wait */
export async function untilReached<Answer>(
  ask: () => Promise<Answer>,
  onAway: (away: Away) => void,
): Promise<Answer> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const away = awayBy(error as Error);
      if (away === null) throw error;
      onAway(away);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
