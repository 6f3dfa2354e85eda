/** The endpoints that listen to an event type. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { isIncluded } from '../endpoints/event-type-filters.ts';

type Endpoint = Schemas['Endpoint'];

/** Of the tenant, all. A tenant has at most as many as a page holds. */
export function useListening(): Endpoint[] | undefined {
  const api = useApi();
  const { id: tenant } = useTenant();
  const { data } = useQuery({
    queryKey: ['endpoints', tenant, 'count'],
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints', {
          params: { path: { tenant }, query: { limit: 200 } },
        }),
      ),
  });
  return data?.items;
}

export const listenersOf = (endpoints: readonly Endpoint[], type: string): Endpoint[] =>
  endpoints.filter(({ event_types: filters }) => filters === null || isIncluded(filters, type));
