/** The catalogue of a tenant: the contract's event types and its own, all pages of it. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';

export type EventType = Schemas['EventType'];

const PAGE = 200;

export function useEventTypes() {
  const api = useApi();
  const { id: tenant } = useTenant();
  return useQuery({
    queryKey: ['event-types', tenant],
    staleTime: 30_000,
    queryFn: async () => {
      const types: EventType[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await dataOf(
          api.GET('/v1/tenants/{tenant}/event-types', {
            params: { path: { tenant }, query: { limit: PAGE, ...(cursor && { cursor }) } },
          }),
        );
        types.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor != null);
      return types;
    },
  });
}
