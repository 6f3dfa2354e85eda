/** The contracts that tenants may have. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useApi } from './api.tsx';

/** All profiles, the default one first. They change only with the version of the service. */
export function useProfiles() {
  const api = useApi();
  return useQuery({
    queryKey: ['profiles'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await dataOf(api.GET('/v1/profiles'))).items,
  });
}
