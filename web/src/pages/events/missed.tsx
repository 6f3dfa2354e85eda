/** Every endpoint that got nothing of an event, with the reason as far as it is on record. */
import { dataOf } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { Said } from '../../parts/said.tsx';
import { Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './events.module.css';

export function Missed({ event }: { event: string }) {
  const { events } = useTexts();
  const texts = events.detail;
  const api = useApi();
  const { can } = useViewer();
  const tenant = useTenant();
  const pages = usePages(['event', tenant.id, event, 'explain'], (cursor) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/events/{event}/explain', {
        params: {
          path: { tenant: tenant.id, event },
          query: { limit: 100, ...(cursor !== undefined && { cursor }) },
        },
      }),
    ),
  );
  return (
    <Card title={texts.missed}>
      <PagesView
        pages={pages}
        empty={pages.hasNextPage ? null : <p className="muted">{texts.nobodyMissed}</p>}
      >
        {(items) => (
          <Table
            label={texts.missed}
            rows={items}
            keyOf={(row) => row.endpoint_id}
            columns={[
              {
                name: texts.endpoint,
                cell: (row) =>
                  row.reason === 'deleted' ? (
                    <>
                      <span className="break">{row.url}</span>{' '}
                      <small className={styles.id}>{row.endpoint_id}</small>
                    </>
                  ) : (
                    <Link href={`/endpoints/${row.endpoint_id}`}>
                      {row.url} <small className={styles.id}>{row.endpoint_id}</small>
                    </Link>
                  ),
              },
              {
                name: texts.why,
                cell: (row) => (
                  <div className="stack-tight">
                    <div>
                      <Badge tone={row.reason === 'failed' ? 'bad' : 'quiet'}>
                        {texts.reason[row.reason]}
                      </Badge>
                    </div>
                    <span>
                      <Said>{row.explanation}</Said>{' '}
                      {row.delivery && <Link href={`/deliveries/${row.delivery.id}`}>{texts.delivery}</Link>}
                    </span>
                  </div>
                ),
              },
              {
                name: texts.since,
                isMinor: true,
                cell: (row) => row.since !== null && <Time at={row.since} />,
              },
              {
                name: texts.helps,
                cell: (row) =>
                  row.replayable ? (
                    can('replay') && <Link href={`/endpoints/${row.endpoint_id}`}>{texts.replay}</Link>
                  ) : (
                    <span className="muted">{texts.notReplayable}</span>
                  ),
              },
            ]}
          />
        )}
      </PagesView>
    </Card>
  );
}
