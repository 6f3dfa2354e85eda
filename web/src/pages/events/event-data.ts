/** An event with its payload as text: a number read by the browser would lose what is beyond 2^53. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { memberText } from '../../parts/json-map.ts';

export type EventWithText = {
  event: Schemas['Event'];
  /** `null`: it is erased */
  dataText: string | null;
};

export function useEvent(tenant: string, id: string, isWanted = true) {
  const api = useApi();
  return useQuery({
    queryKey: ['event', tenant, id],
    enabled: isWanted,
    queryFn: async (): Promise<EventWithText> => {
      const text = await dataOf(
        api.GET('/v1/tenants/{tenant}/events/{event}', {
          params: { path: { tenant, event: id } },
          parseAs: 'text',
        }),
      );
      const event = JSON.parse(text) as Schemas['Event'];
      return { event, dataText: event.erased_at === null ? memberText(text, 'data') : null };
    },
  });
}

/** The example of an event type, as text likewise. */
export async function exampleOf(
  api: ReturnType<typeof useApi>,
  tenant: string,
  type: string,
): Promise<string | null> {
  const text = await dataOf(
    api.GET('/v1/tenants/{tenant}/event-types/{type}', {
      params: { path: { tenant, type } },
      parseAs: 'text',
    }),
  );
  return memberText(text, 'example');
}
