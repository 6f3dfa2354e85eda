/** Deliveries of a tenant: the list with its filters, and beside it the one that is open. On a phone, each alone. */
import { dataOf } from '@tidings/client';
import { useEffect, useRef, useState } from 'react';
import { Link, useSearch, useSearchParams } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useRowKeys } from '../../context/shortcuts.ts';
import { useTenant } from '../../context/tenant.tsx';
import { PlaceButton } from '../../parts/button.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Empty, Page } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { BulkActions, OperationProgress } from './bulk.tsx';
import styles from './deliveries.module.css';
import { DeliveryDetail } from './delivery.tsx';
import { DeliveryList } from './delivery-list.tsx';
import { type LoadRows, useDeliveryRows } from './delivery-rows.ts';
import { useEndpointNames } from './endpoint-names.ts';
import { FilterBar } from './filter-bar.tsx';
import { useTypeNames } from './type-names.ts';
import { type Filters, useFilters } from './use-filters.ts';
import { useIsWide } from './use-is-wide.ts';

export function Deliveries({ selected }: { selected: string | null }) {
  const { shell, deliveries: texts } = useTexts();
  const { can } = useViewer();
  const tenant = useTenant();
  const filters = useFilters();
  const search = useSearch();
  const [, setSearch] = useSearchParams();
  const isWide = useIsWide('64rem');
  const endpoints = useEndpointNames(tenant.id);
  const types = useTypeNames(tenant.id);
  const offset = useRef(0);
  const [isEmpty, setEmpty] = useState(false);
  useRowKeys('tbody td a[href]');
  const operation = filters.search.get('operation');
  const { filter } = filters;
  if (selected !== null && !isWide) {
    return (
      <Page
        title={`${texts.detail.title} ${selected}`}
        shownTitle={texts.detail.title}
        above={<Link href={`/deliveries${search && `?${search}`}`}>{texts.detail.back}</Link>}
      >
        <DeliveryDetail key={selected} id={selected} />
      </Page>
    );
  }
  return (
    <Page
      title={selected === null ? shell.deliveries : `${texts.detail.title} ${selected}`}
      shownTitle={shell.deliveries}
    >
      <FilterBar filters={filters} options={{ eventTypes: types, endpoints }} />
      {operation && (
        <OperationProgress
          id={operation}
          onDismiss={() => setSearch((now) => without(now, 'operation'), { replace: true })}
        />
      )}
      <div className={styles.split} data-split={selected !== null || undefined}>
        <div className={styles.side}>
          {can('retry') && (
            <BulkActions
              key={JSON.stringify(filter)}
              tenant={tenant.id}
              filter={filter}
              isEmpty={isEmpty}
              endpoint={filter.endpoint_id && (endpoints.get(filter.endpoint_id) ?? filter.endpoint_id)}
              onStarted={(id) =>
                setSearch((now) => new URLSearchParams([...without(now, 'operation'), ['operation', id]]), {
                  replace: true,
                })
              }
            />
          )}
          <List
            tenant={tenant.id}
            filters={filters}
            endpoints={endpoints}
            selected={selected}
            offset={offset}
            onEmpty={setEmpty}
          />
        </div>
        {selected !== null && <DeliveryDetail key={selected} id={selected} />}
      </div>
    </Page>
  );
}

function without(search: URLSearchParams, name: string): URLSearchParams {
  const next = new URLSearchParams(search);
  next.delete(name);
  return next;
}

function List({
  tenant,
  filters,
  endpoints,
  selected,
  offset,
  onEmpty,
}: {
  tenant: string;
  filters: Filters;
  endpoints: ReadonlyMap<string, string>;
  selected: string | null;
  offset: React.RefObject<number>;
  /** told whether nothing matches */
  onEmpty(isEmpty: boolean): void;
}) {
  const { deliveries: texts } = useTexts();
  const api = useApi();
  const search = useSearch();
  const load: LoadRows = (filter, cursor, limit) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/deliveries', {
        params: {
          path: { tenant },
          query: { ...filter, limit, ...(cursor !== undefined && { cursor }) },
        },
      }),
    );
  const list = useDeliveryRows(tenant, filters.filter, load, () => offset.current > 8);
  const isEmpty = list.data !== undefined && list.rows.length === 0 && !list.hasNextPage;
  useEffect(() => onEmpty(isEmpty), [isEmpty, onEmpty]);
  if (list.data === undefined)
    return list.error ? <ProblemNotice problem={list.error} onRetry={list.refetch} /> : <Loading rows={8} />;
  return (
    <>
      {list.error && <ProblemNotice problem={list.error} onRetry={list.refetch} />}
      {isEmpty ? (
        <NoDeliveries filters={filters} />
      ) : (
        <DeliveryList
          rows={list.rows}
          selected={selected}
          hrefOf={({ id }) => `/deliveries/${id}${search && `?${search}`}`}
          whereOf={({ endpoint_id: id }) => endpoints.get(id) ?? id}
          whereLabel={texts.endpoint}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={list.loadNext}
          offset={offset}
          waiting={list.waiting}
          onShowNew={list.showNew}
        />
      )}
    </>
  );
}

export function NoDeliveries({ filters }: { filters: Filters }) {
  const { events, deliveries: texts } = useTexts();
  const { can, tenantId } = useViewer();
  if (filters.count > 0) return <Empty title={texts.noneMatch}>{texts.noneMatchHint}</Empty>;
  return (
    <Empty
      title={texts.none}
      action={can('emit') && tenantId !== null && <PlaceButton href="/events/new">{events.send}</PlaceButton>}
    >
      {texts.noneHint}
    </Empty>
  );
}
