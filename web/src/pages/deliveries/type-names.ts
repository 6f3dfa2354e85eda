/** Names of event types to choose from: those of the catalogue, and those that were sent of late without being in it. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useMemo } from 'react';
import { useApi } from '../../context/api.tsx';
import { useEventTypeList } from './endpoint-names.ts';
import { unionOf } from './type-choices.ts';

const SENT_MS = 30 * 86_400_000;

/** Names of the types that were sent to an endpoint within 30 days, the most frequent first. */
export function useSentTypes(tenant: string): readonly string[] {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['sent-types', tenant],
    staleTime: 60_000,
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/metrics', {
          params: { path: { tenant }, query: { from: new Date(Date.now() - SENT_MS).toISOString() } },
        }),
      ),
  });
  return useMemo(
    () => (data?.by_event_type ?? []).flatMap(({ event_type: type }) => (type === null ? [] : [type])),
    [data],
  );
}

/** @returns the names of a tenant's types, each once */
export function useTypeNames(tenant: string): string[] {
  const { data } = useEventTypeList(tenant);
  const sent = useSentTypes(tenant);
  return useMemo(
    () =>
      unionOf(
        (data ?? []).map(({ name }) => name),
        sent,
      ),
    [data, sent],
  );
}
