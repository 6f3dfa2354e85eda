/** The newest deliveries to an endpoint. */
import { dataOf } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useRowKeys } from '../../context/shortcuts.ts';
import { useTenant } from '../../context/tenant.tsx';
import { Badge, ResultCode, StatusBadge } from '../../parts/badge.tsx';
import { LinkButton } from '../../parts/button.tsx';
import { Empty } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import type { Endpoint } from './endpoint-values.ts';

export function EndpointDeliveries({ endpoint }: { endpoint: Endpoint }) {
  const { shell, deliveries, endpoints: texts } = useTexts();
  const api = useApi();
  const { id: tenant } = useTenant();
  const pages = usePages(['deliveries', tenant, { endpoint_id: endpoint.id }], (cursor) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/deliveries', {
        params: {
          path: { tenant },
          query: { endpoint_id: endpoint.id, limit: 50, ...(cursor !== undefined && { cursor }) },
        },
      }),
    ),
  );
  useRowKeys('tbody td:first-child a');
  return (
    <div className="stack">
      <PagesView pages={pages} empty={<Empty title={texts.noDeliveries}>{texts.noDeliveriesHint}</Empty>}>
        {(items) => (
          <>
            <div className="row">
              <LinkButton href={`/deliveries?endpoint_id=${endpoint.id}`}>
                {texts.filterDeliveries}
              </LinkButton>
            </div>
            <Table
              label={shell.deliveries}
              rows={items}
              keyOf={(delivery) => delivery.id}
              columns={[
                {
                  name: texts.eventType,
                  cell: (delivery) => (
                    <div>
                      <Link href={`/deliveries/${delivery.id}`}>
                        <TypeName name={delivery.event_type} />
                      </Link>{' '}
                      {delivery.is_test && <Badge tone="info">{deliveries.test}</Badge>}
                      <div>
                        <small className="muted mono break">{delivery.id}</small>
                      </div>
                    </div>
                  ),
                },
                { name: texts.status, cell: (delivery) => <StatusBadge status={delivery.status} /> },
                {
                  name: deliveries.result,
                  cell: (delivery) => (
                    <ResultCode status={delivery.last_response_status} error={delivery.last_error} />
                  ),
                },
                {
                  name: texts.attempts,
                  isNumber: true,
                  isMinor: true,
                  cell: (delivery) => delivery.attempt_count,
                },
                { name: texts.accepted, cell: (delivery) => <Time at={delivery.created_at} /> },
              ]}
            />
          </>
        )}
      </PagesView>
    </div>
  );
}
