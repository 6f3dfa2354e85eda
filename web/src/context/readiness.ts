/** Whether the service is ready, part by part. A service that is not ready says so with the status 503 and the same body. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useApi } from './api.tsx';

type Part = 'ok' | 'away' | 'elsewhere' | 'unknown';

export type Readiness = {
  ready: boolean;
  database: Part;
  temporal: Part;
  worker: Part;
  schema?: 'outdated' | 'incompatible';
  advice?: string;
};

export const useReadiness = () =>
  useQuery({
    queryKey: ['readiness'],
    queryFn: async (): Promise<Readiness> => {
      const answer = await fetch('/readyz');
      return answer.json();
    },
  });

export function useVersion() {
  const api = useApi();
  return useQuery({ queryKey: ['version'], queryFn: () => dataOf(api.GET('/healthz')) });
}
