/** The tenant whose pages are shown. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { createContext, use } from 'react';
import { useApi } from './api.tsx';

const TenantContext = createContext<Schemas['Tenant'] | null>(null);

export const TenantContextProvider = TenantContext.Provider;

/** @throws Error outside of a tenant's pages */
export function useTenant(): Schemas['Tenant'] {
  const tenant = use(TenantContext);
  if (tenant === null) throw new Error('There is no TenantProvider above');
  return tenant;
}

/** The contract of the tenant's deliveries: what its forms and documents are made from. */
export function useProfile() {
  const api = useApi();
  const { profile } = useTenant();
  return useQuery({
    queryKey: ['profile', profile],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => dataOf(api.GET('/v1/profiles/{profile}', { params: { path: { profile } } })),
  });
}
