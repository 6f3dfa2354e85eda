/** The activity: who changed what, and what happened by itself, newest first. */
import { dataOf, type Schemas } from '@tidings/client';
import { Fragment } from 'react';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
import { useChoiceParam, useParam } from '../../context/params.ts';
import { useViewer } from '../../context/session.tsx';
import { Button } from '../../parts/button.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Empty, Page } from '../../parts/page.tsx';
import { usePages } from '../../parts/pages-of.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { Segments } from '../../parts/segments.tsx';
import { useTexts } from '../../texts/index.ts';
import { AuditRow } from './audit-row.tsx';
import { grouped } from './grouped.ts';
import styles from './happenings.module.css';
import { EventRow, Happenings } from './happenings.tsx';
import { merged } from './merged.ts';

const SHOWS = ['all', 'changes', 'events'] as const;
type Show = (typeof SHOWS)[number];

type Row =
  | { at: string; kind: 'change'; entry: Schemas['AuditEntry'] }
  | { at: string; kind: 'event'; event: Schemas['OperationalEvent'] };

/** @param tenant `null`: of all tenants */
export function Activity({ tenant }: { tenant: string | null }) {
  const { shell, activity: texts } = useTexts();
  const { can } = useViewer();
  const [chosen, setShow] = useChoiceParam('show', SHOWS);
  const [objectId, setObjectId] = useParam('object_id');
  // The audit log is for those who change things.
  const show: Show = !can('endpoints') ? 'events' : hasEvents(objectId) ? chosen : 'changes';
  const { rows, isLoading, error, hasMore, isLoadingMore, loadMore, refetch } = useRows(
    tenant,
    show,
    objectId,
  );
  return (
    <Page title={shell.activity}>
      <div className="spread">
        {can('endpoints') && hasEvents(objectId) && (
          <Segments
            label={texts.show}
            value={show}
            onValue={setShow}
            choices={SHOWS.map((value) => ({ value, label: texts.shows[value] }))}
          />
        )}
        {objectId !== '' && (
          <p className="row">
            <span className="break">
              {texts.onlyOf} <code>{objectId}</code>
            </span>
            <Button onClick={() => setObjectId('')}>{texts.showAll}</Button>
          </p>
        )}
      </div>
      {error && <ProblemNotice problem={error} onRetry={refetch} />}
      {isLoading && !error && <Loading rows={8} />}
      {!isLoading && rows.length === 0 && !hasMore && (
        <Empty title={texts.nothing}>{objectId === '' ? texts.nothingHint : texts.nothingOf}</Empty>
      )}
      {rows.length > 0 && (
        <Card>
          <Happenings>
            {grouped(rows, sameness).map(({ first, rest }) => (
              <Fragment key={first.kind === 'change' ? first.entry.id : first.event.id}>
                <RowView row={first} isOfAll={tenant === null} />
                {rest.length > 0 && <Alike rows={rest} isOfAll={tenant === null} />}
              </Fragment>
            ))}
          </Happenings>
        </Card>
      )}
      {hasMore && <More isBusy={isLoadingMore} onMore={loadMore} />}
    </Page>
  );
}

const RowView = ({ row, isOfAll }: { row: Row; isOfAll: boolean }) =>
  row.kind === 'change' ? (
    <AuditRow entry={row.entry} isOfAll={isOfAll} />
  ) : (
    <EventRow event={row.event} isOfAll={isOfAll} />
  );

/** Events of one kind, error and endpoint are alike; each change stands for itself. */
const sameness = (row: Row) =>
  row.kind === 'change'
    ? null
    : [
        row.event.type,
        row.event.endpoint_id,
        row.event.data.last_error,
        row.event.data.last_response_status,
      ].join(' ');

/** The older ones of those that are alike, folded. */
function Alike({ rows, isOfAll }: { rows: readonly Row[]; isOfAll: boolean }) {
  const { activity: texts } = useTexts();
  const format = useFormat();
  const oldest = rows.at(-1);
  return (
    <li className={styles.alike}>
      <span />
      <details>
        <summary>{texts.alikeRows(rows.length, oldest ? format.exact(oldest.at) : '')}</summary>
        <Happenings>
          {rows.map((row) => (
            <RowView key={row.kind === 'change' ? row.entry.id : row.event.id} row={row} isOfAll={isOfAll} />
          ))}
        </Happenings>
      </details>
    </li>
  );
}

/** Events are kept by the endpoints that they concern, and by no other object. */
const hasEvents = (objectId: string) => objectId === '' || objectId.startsWith('ep_');

function More({ isBusy, onMore }: { isBusy: boolean; onMore: () => void }) {
  const { common } = useTexts();
  return (
    <div>
      <Button isBusy={isBusy} onClick={onMore}>
        {common.loadMore}
      </Button>
    </div>
  );
}

/** The rows of both lists, as far down as both have been loaded. */
function useRows(tenant: string | null, show: Show, objectId: string) {
  const api = useApi();
  const of = (cursor: string | undefined) => ({
    limit: 50,
    ...(tenant !== null && { tenant }),
    ...(cursor !== undefined && { cursor }),
  });
  const wantsChanges = show !== 'events';
  const wantsEvents = show !== 'changes' && hasEvents(objectId);
  const changes = usePages<Schemas['AuditEntry']>(
    ['activity', tenant, 'changes', objectId, wantsChanges],
    (cursor) =>
      wantsChanges
        ? dataOf(
            api.GET('/v1/audit-log', {
              params: { query: { ...of(cursor), ...(objectId !== '' && { object_id: objectId }) } },
            }),
          )
        : Promise.resolve({ items: [], next_cursor: null }),
  );
  const events = usePages<Schemas['OperationalEvent']>(
    ['activity', tenant, 'events', objectId, wantsEvents],
    (cursor) =>
      wantsEvents
        ? dataOf(
            api.GET('/v1/operational-events', {
              params: { query: { ...of(cursor), ...(objectId !== '' && { endpoint: objectId }) } },
            }),
          )
        : Promise.resolve({ items: [], next_cursor: null }),
  );
  const { rows, next } = merged<Row, Row>(
    {
      items: changes.items.map((entry) => ({ at: entry.at, kind: 'change', entry })),
      hasMore: changes.hasNextPage,
    },
    {
      items: events.items.map((event) => ({ at: event.created_at, kind: 'event', event })),
      hasMore: events.hasNextPage,
    },
  );
  return {
    rows,
    isLoading: changes.data === undefined || events.data === undefined,
    error: changes.error ?? events.error,
    hasMore: next !== null,
    isLoadingMore: changes.isFetchingNextPage || events.isFetchingNextPage,
    loadMore: (next === 'one' ? changes : events).loadNext,
    refetch: () => {
      void changes.refetch();
      void events.refetch();
    },
  };
}
