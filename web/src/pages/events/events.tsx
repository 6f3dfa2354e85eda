/** Events of a tenant: filtered by type and time, found by id or idempotency key. */
import { dataOf } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useParam } from '../../context/params.ts';
import { useViewer } from '../../context/session.tsx';
import { useRowKeys } from '../../context/shortcuts.ts';
import { useTenant } from '../../context/tenant.tsx';
import { Badge, Outcomes } from '../../parts/badge.tsx';
import { Button, PlaceButton } from '../../parts/button.tsx';
import { Select } from '../../parts/field.tsx';
import { Empty, Page } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import { TimeFields } from '../deliveries/filter-bar.tsx';
import { useTypeNames } from '../deliveries/type-names.ts';
import { type Filters, useFilters } from '../deliveries/use-filters.ts';
import styles from './events.module.css';

export function Events() {
  const { shell, events: texts } = useTexts();
  const api = useApi();
  const { can } = useViewer();
  const tenant = useTenant();
  const filters = useFilters();
  const [q, setQ] = useParam('q');
  const { event_type: type, after, before } = filters.filter;
  const wanted = {
    ...(type && { type }),
    ...(after && { after }),
    ...(before && { before }),
    ...(q && { q }),
  };
  const pages = usePages(['events', tenant.id, wanted], (cursor) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/events', {
        params: {
          path: { tenant: tenant.id },
          query: { ...wanted, limit: 100, ...(cursor !== undefined && { cursor }) },
        },
      }),
    ),
  );
  useRowKeys('tbody td:first-child a');
  const send = can('emit') && (
    <PlaceButton look="primary" icon="send" href="/events/new">
      {texts.send}
    </PlaceButton>
  );
  const isFiltered = Object.keys(wanted).length > 0;
  return (
    <Page title={shell.events} actions={send}>
      <Bar filters={filters} q={q} onSearch={setQ} isFiltered={isFiltered} />
      <PagesView
        pages={pages}
        empty={
          <Empty title={isFiltered ? texts.noneMatch : texts.none}>
            {isFiltered ? texts.noneMatchHint : texts.noneHint}
          </Empty>
        }
      >
        {(items) => (
          <Table
            label={texts.list}
            rows={items}
            keyOf={(event) => event.id}
            columns={[
              {
                name: texts.event,
                cell: (event) => (
                  <>
                    <Link href={`/events/${event.id}`}>
                      <TypeName name={event.type} /> <small className={styles.id}>{event.id}</small>
                    </Link>{' '}
                    {event.erased_at !== null && <Badge tone="quiet">{texts.erased}</Badge>}
                  </>
                ),
              },
              { name: texts.outcome, cell: (event) => <Outcomes outcomes={event.outcomes} /> },
              { name: texts.happened, isMinor: true, cell: (event) => <Time at={event.timestamp} /> },
              { name: texts.accepted, cell: (event) => <Time at={event.created_at} /> },
            ]}
          />
        )}
      </PagesView>
    </Page>
  );
}

function Bar({
  filters,
  q,
  onSearch,
  isFiltered,
}: {
  filters: Filters;
  q: string;
  onSearch(q: string): void;
  isFiltered: boolean;
}) {
  const { events: texts } = useTexts();
  const tenant = useTenant();
  const type = filters.search.get('event_type') ?? '';
  const names = [...useTypeNames(tenant.id)];
  if (type !== '' && !names.includes(type)) names.push(type);
  return (
    <div className={styles.bar}>
      <div className={styles.search}>
        <SearchField value={q} onValue={onSearch} placeholder={texts.searchHint} />
      </div>
      <Select
        label={texts.eventType}
        path="type"
        value={type}
        onValue={(next) => filters.set({ event_type: next })}
        choices={[{ value: '', label: texts.any }, ...names.map((each) => ({ value: each, label: each }))]}
      />
      <TimeFields filters={filters} />
      {isFiltered && (
        <Button
          look="quiet"
          onClick={() => {
            filters.set({ event_type: '', range: '', after: '', before: '', q: '' });
          }}
        >
          {texts.clear}
        </Button>
      )}
    </div>
  );
}
