/** Deliveries of all tenants, for an operator. A row leads to the delivery in the pages of its tenant. */
import { dataOf } from '@tidings/client';
import { useRef } from 'react';
import { useApi } from '../../context/api.tsx';
import { useRowKeys } from '../../context/shortcuts.ts';
import { useTenantNames } from '../../context/tenant-names.ts';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { NoDeliveries } from './deliveries.tsx';
import { DeliveryList } from './delivery-list.tsx';
import { type LoadRows, useDeliveryRows } from './delivery-rows.ts';
import { FilterBar } from './filter-bar.tsx';
import { useFilters } from './use-filters.ts';

export function AllDeliveries() {
  const { shell, deliveries: texts } = useTexts();
  const api = useApi();
  const filters = useFilters();
  const tenants = useTenantNames();
  const offset = useRef(0);
  useRowKeys('tbody td a[href]');
  const load: LoadRows = (filter, cursor, limit) =>
    dataOf(
      api.GET('/v1/deliveries', {
        params: { query: { ...filter, limit, ...(cursor !== undefined && { cursor }) } },
      }),
    );
  const list = useDeliveryRows(null, filters.filter, load, () => offset.current > 8);
  const seenTypes = [...new Set(list.rows.map(({ event_type: type }) => type))].sort();
  return (
    <Page title={shell.deliveries}>
      <FilterBar filters={filters} options={{ eventTypes: seenTypes }} />
      {list.error && <ProblemNotice problem={list.error} onRetry={list.refetch} />}
      {list.data === undefined && !list.error && <Loading rows={8} />}
      {list.data !== undefined && list.rows.length === 0 && <NoDeliveries filters={filters} />}
      {list.rows.length > 0 && (
        <DeliveryList
          rows={list.rows}
          selected={null}
          hrefOf={({ id, tenant_id: tenant }) => `/tenants/${tenant}/deliveries/${id}`}
          whereOf={({ tenant_id: id }) => tenants.get(id) ?? id}
          whereLabel={texts.tenant}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={list.loadNext}
          offset={offset}
          waiting={list.waiting}
          onShowNew={list.showNew}
        />
      )}
    </Page>
  );
}
