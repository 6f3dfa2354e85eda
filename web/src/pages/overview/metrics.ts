/** The ranges of an overview, and what the service counted in them. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';

export type Metrics = Schemas['Metrics'];

export const RANGES = ['24h', '1h', '7d', '30d'] as const;
export type Range = (typeof RANGES)[number];
/** as they are offered, the shortest first */
export const SHOWN_RANGES: readonly Range[] = ['1h', '24h', '7d', '30d'];

const HOUR_MS = 3_600_000;
const RANGE_MS: Record<Range, number> = {
  '1h': HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 7 * 24 * HOUR_MS,
  '30d': 30 * 24 * HOUR_MS,
};

const fromOf = (range: Range) => new Date(Date.now() - RANGE_MS[range]).toISOString();

export function useTenantMetrics(tenant: string, range: Range) {
  const api = useApi();
  return useQuery({
    queryKey: ['metrics', tenant, range],
    placeholderData: (before) => before,
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/metrics', {
          params: { path: { tenant }, query: { from: fromOf(range) } },
        }),
      ),
  });
}

export function useOverviewMetrics(range: Range) {
  const api = useApi();
  return useQuery({
    queryKey: ['metrics', 'all', range],
    placeholderData: (before) => before,
    queryFn: () => dataOf(api.GET('/v1/metrics/overview', { params: { query: { from: fromOf(range) } } })),
  });
}
