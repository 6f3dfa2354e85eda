/** Every endpoint that got nothing of an event, with the reason as far as it is on record. */
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { Said } from '../../parts/said.tsx';
import { Table } from '../../parts/table.tsx';
import { ExactTime } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './events.module.css';
import { ReplayEventDialog } from './replay-event.tsx';

/** Reasons that a person's change of the endpoint may have made: the activity says whose. */
const CHANGED: ReadonlySet<string> = new Set(['disabled', 'not_subscribed', 'deleted', 'created_later']);

type Props = { event: Pick<Schemas['Event'], 'id' | 'type'>; onReplay?(operation: string): void };

export function Missed({ event, onReplay }: Props) {
  const { events } = useTexts();
  const texts = events.detail;
  const api = useApi();
  const { can } = useViewer();
  const tenant = useTenant();
  const [asked, setAsked] = useState<{ id: string; name: string } | null>(null);
  const pages = usePages(['event', tenant.id, event.id, 'explain'], (cursor) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/events/{event}/explain', {
        params: {
          path: { tenant: tenant.id, event: event.id },
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
                      {can('endpoints') && CHANGED.has(row.reason) && (
                        <Link href={`/activity?object_id=${row.endpoint_id}`}>{texts.whoChangedIt}</Link>
                      )}
                    </span>
                  </div>
                ),
              },
              ...(items.some(({ since }) => since !== null)
                ? [
                    {
                      name: texts.since,
                      isMinor: true,
                      cell: (row: (typeof items)[number]) =>
                        row.since !== null && <ExactTime at={row.since} />,
                    },
                  ]
                : []),
              {
                name: texts.helps,
                cell: (row) =>
                  row.replayable ? (
                    can('replay') && (
                      <Button
                        aria-label={`${texts.replay}: ${row.url}`}
                        onClick={() => setAsked({ id: row.endpoint_id, name: row.url })}
                      >
                        {texts.replay}
                      </Button>
                    )
                  ) : (
                    <Obstacle row={row} />
                  ),
              },
            ]}
          />
        )}
      </PagesView>
      {can('replay') && pages.items.some(({ replayable }) => replayable) && (
        <p className="muted">{texts.missedHelp}</p>
      )}
      {asked !== null && (
        <ReplayEventDialog
          event={event}
          endpoint={asked}
          onClose={() => setAsked(null)}
          onStarted={(operation) => {
            setAsked(null);
            onReplay?.(operation);
          }}
        />
      )}
    </Card>
  );
}

/** Where what keeps a replay from sending the event can be changed. */
const PLACES: Partial<Record<string, string>> = { disabled: '', not_subscribed: '/settings' };

/** Why a replay would not send the event, and where that is changed. */
function Obstacle({ row }: { row: Schemas['MissedEvent'] }) {
  const { obstacle } = useTexts().events.detail;
  if (row.obstacle === null) return null;
  const place = PLACES[row.obstacle];
  const words = obstacle[row.obstacle];
  if (place === undefined) return <span className="muted">{words}</span>;
  return <Link href={`/endpoints/${row.endpoint_id}${place}`}>{words}</Link>;
}
