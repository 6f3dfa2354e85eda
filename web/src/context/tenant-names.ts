/** Names of the newest tenants, for an operator's lists; others are named by their ids. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useApi } from './api.tsx';

const NONE: ReadonlyMap<string, string> = new Map();
const TENANTS = 200;

/** @param isWanted whether the viewer sees several tenants */
export function useTenantNames(isWanted = true): ReadonlyMap<string, string> {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['tenants', 'names'],
    staleTime: 60_000,
    enabled: isWanted,
    queryFn: () => dataOf(api.GET('/v1/tenants', { params: { query: { limit: TENANTS } } })),
    select: ({ items }) => new Map(items.map(({ id, name }) => [id, name])),
  });
  return data ?? NONE;
}
