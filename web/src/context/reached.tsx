/** Whether the service answered last. While it does not, pages show what they know, and ask again. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect } from 'react';
import { renewQueries } from './renewal.ts';

const ReachedContext = createContext(true);

export const useReached = (): boolean => use(ReachedContext);

const AGAIN_MS = 3_000;

export function ReachedProvider({ isReached, children }: { isReached: boolean; children: ReactNode }) {
  const queries = useQueryClient();
  useEffect(() => {
    if (isReached) return;
    const timer = setInterval(() => renewQueries(queries), AGAIN_MS);
    return () => clearInterval(timer);
  }, [isReached, queries]);
  return <ReachedContext value={isReached}>{children}</ReachedContext>;
}
