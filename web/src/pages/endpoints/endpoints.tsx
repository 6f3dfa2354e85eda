/** The list of a tenant's endpoints, with their health in words. */
import { dataOf } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useRowKeys } from '../../context/shortcuts.ts';
import { useProfile, useTenant } from '../../context/tenant.tsx';
import { PlaceButton } from '../../parts/button.tsx';
import { Empty, Page } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { EndpointState } from './endpoint-state.tsx';

export function Endpoints() {
  const { shell, endpoints: texts } = useTexts();
  const api = useApi();
  const { can } = useViewer();
  const tenant = useTenant();
  const { data: profile } = useProfile();
  const pages = usePages(['endpoints', tenant.id], (cursor) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/endpoints', {
        params: {
          path: { tenant: tenant.id },
          query: { limit: 100, ...(cursor !== undefined && { cursor }) },
        },
      }),
    ),
  );
  useRowKeys('tbody td:first-child a');
  const isFull = profile?.max_endpoints != null && pages.items.length >= profile.max_endpoints;
  const create = can('endpoints') && !isFull && (
    <PlaceButton look="primary" icon="plus" href="/endpoints/new">
      {texts.create}
    </PlaceButton>
  );
  return (
    <Page title={shell.endpoints} actions={pages.items.length > 0 && create}>
      <PagesView
        pages={pages}
        empty={
          <Empty title={texts.none} action={create}>
            {texts.noneHint}
          </Empty>
        }
      >
        {(items) => (
          <Table
            label={shell.endpoints}
            rows={items}
            keyOf={(endpoint) => endpoint.id}
            columns={[
              {
                name: texts.endpoint,
                cell: (endpoint) => (
                  <>
                    <Link href={`/endpoints/${endpoint.id}`}>{endpoint.description ?? endpoint.url}</Link>
                    {endpoint.description && <div className="muted break">{endpoint.url}</div>}
                    <small className="muted mono">{endpoint.id}</small>
                  </>
                ),
              },
              { name: texts.health, cell: (endpoint) => <EndpointState endpoint={endpoint} /> },
              {
                name: shell.eventTypes,
                isMinor: true,
                cell: (endpoint) =>
                  endpoint.event_types === null ? texts.allTypes : texts.types(endpoint.event_types.length),
              },
              { name: texts.created, isMinor: true, cell: (endpoint) => <Time at={endpoint.created_at} /> },
            ]}
          />
        )}
      </PagesView>
    </Page>
  );
}
