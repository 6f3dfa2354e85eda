/** Names of a tenant's endpoints and event types, for filters and rows. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useMemo } from 'react';
import { useApi } from '../../context/api.tsx';

const PAGE_ROWS = 200;
/** So many pages are read of a list that a select offers; what is beyond is found by the palette. */
const PAGES = 10;

async function allOf<Item>(
  page: (cursor: string | undefined) => Promise<{ items: Item[]; next_cursor: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < PAGES; count += 1) {
    const { items: more, next_cursor: next } = await page(cursor);
    items.push(...more);
    if (next === null) break;
    cursor = next;
  }
  return items;
}

const queryOf = (cursor: string | undefined) => ({
  limit: PAGE_ROWS,
  ...(cursor !== undefined && { cursor }),
});

/** Every endpoint of a tenant. */
function useEndpointList(tenant: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['endpoints', tenant, 'names'],
    staleTime: 30_000,
    queryFn: () =>
      allOf<Schemas['Endpoint']>((cursor) =>
        dataOf(
          api.GET('/v1/tenants/{tenant}/endpoints', {
            params: { path: { tenant }, query: queryOf(cursor) },
          }),
        ),
      ),
  });
}

/** Every event type of a tenant, with schema and example. */
export function useEventTypeList(tenant: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['event-types', tenant, 'names'],
    staleTime: 60_000,
    queryFn: () =>
      allOf<Schemas['EventType']>((cursor) =>
        dataOf(
          api.GET('/v1/tenants/{tenant}/event-types', {
            params: { path: { tenant }, query: queryOf(cursor) },
          }),
        ),
      ),
  });
}

/** What people know an endpoint by. */
const nameOfEndpoint = (endpoint: Schemas['Endpoint']) => endpoint.description ?? endpoint.url;

/** Whether this is no endpoint of the tenant any more; as long as that is not known, it is one. */
export function useIsDeleted(tenant: string, endpoint: string): boolean {
  const { data } = useEndpointList(tenant);
  return data !== undefined && data.length < PAGE_ROWS * PAGES && !data.some(({ id }) => id === endpoint);
}

/** Names of the endpoints by their ids. A deleted one has none. */
export function useEndpointNames(tenant: string): ReadonlyMap<string, string> {
  const { data } = useEndpointList(tenant);
  return useMemo(
    () => new Map((data ?? []).map((endpoint) => [endpoint.id, nameOfEndpoint(endpoint)])),
    [data],
  );
}
