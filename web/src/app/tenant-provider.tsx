/** Loads the tenant whose pages are shown, and follows its stream. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import type { ReactNode } from 'react';
import { useApi } from '../context/api.tsx';
import { LiveTenant } from '../context/live.tsx';
import { TenantContextProvider } from '../context/tenant.tsx';
import { Loading } from '../parts/loading.tsx';
import { ProblemNotice } from '../parts/problem.tsx';
import { CutNotice } from './away-notice.tsx';

function useTenantOf(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['tenant', id],
    queryFn: () => dataOf(api.GET('/v1/tenants/{tenant}', { params: { path: { tenant: id } } })),
  });
}

/** The tenant's name, as soon as it is known. */
export const TenantName = ({ id }: { id: string }) => (
  <strong className="ellipsis">{useTenantOf(id).data?.name ?? '…'}</strong>
);

/** @param id the tenant's id or external id */
export function TenantProvider({ id, children }: { id: string; children: ReactNode }) {
  const { data, error, refetch } = useTenantOf(id);
  if (data === undefined)
    return error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={6} />;
  return (
    <TenantContextProvider value={data}>
      <LiveTenant tenant={data.id}>
        <CutNotice />
        {children}
      </LiveTenant>
    </TenantContextProvider>
  );
}
