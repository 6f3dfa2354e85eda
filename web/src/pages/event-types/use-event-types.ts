/** The catalogue of a tenant: the contract's event types and its own, all pages of it. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';

export type EventType = Schemas['EventType'];

const PAGE = 200;

/** @param withArchived also those that are no longer in use */
export function useEventTypes(withArchived = false) {
  const api = useApi();
  const { id: tenant } = useTenant();
  return useQuery({
    queryKey: ['event-types', tenant, { withArchived }],
    staleTime: 30_000,
    queryFn: async () => {
      const types: EventType[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await dataOf(
          api.GET('/v1/tenants/{tenant}/event-types', {
            params: {
              path: { tenant },
              query: { limit: PAGE, ...(withArchived && { archived: 'true' }), ...(cursor && { cursor }) },
            },
          }),
        );
        types.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor != null);
      return types;
    },
  });
}

/** One of them, archived or not. @param name `null`: none is asked for */
export function useEventType(name: string | null) {
  const api = useApi();
  const { id: tenant } = useTenant();
  return useQuery({
    queryKey: ['event-types', tenant, 'one', name],
    enabled: name !== null,
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/event-types/{type}', {
          params: { path: { tenant, type: name ?? '' } },
        }),
      ),
  });
}
