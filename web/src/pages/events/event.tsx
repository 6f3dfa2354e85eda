/** One event: its payload as it was sent, its deliveries, and who got nothing and why. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
import { useParam } from '../../context/params.ts';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Button, LinkButton } from '../../parts/button.tsx';
import { Body } from '../../parts/code.tsx';
import { CopyText } from '../../parts/copy.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Facts, Page } from '../../parts/page.tsx';
import { Notice, ProblemNotice } from '../../parts/problem.tsx';
import { ExactTime } from '../../parts/time.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import { OperationProgress } from '../deliveries/bulk.tsx';
import { type EventWithText, useEvent } from './event-data.ts';
import { EventDeliveries } from './event-deliveries.tsx';
import { Missed } from './missed.tsx';

export function Event({ id }: { id: string }) {
  const { events: texts } = useTexts();
  const tenant = useTenant();
  const { data, error, refetch } = useEvent(tenant.id, id);
  return (
    <Page
      title={`${texts.detail.title} ${id}`}
      shownTitle={data?.event.type ?? texts.detail.title}
      above={<Link href="/events">{texts.detail.back}</Link>}
      actions={data && <Actions data={data} />}
    >
      {error && <ProblemNotice problem={error} onRetry={refetch} />}
      {data === undefined ? !error && <Loading rows={8} /> : <Loaded data={data} />}
    </Page>
  );
}

function Actions({ data: { event, dataText } }: { data: EventWithText }) {
  const { events: texts } = useTexts();
  const { can } = useViewer();
  const [isErasing, setErasing] = useState(false);
  return (
    <>
      {can('emit') && dataText !== null && (
        <LinkButton icon="send" href={`/events/new?copy=${encodeURIComponent(event.id)}`}>
          {texts.detail.copy}
        </LinkButton>
      )}
      {can('manage') && event.erased_at === null && (
        <Button look="danger" onClick={() => setErasing(true)}>
          {texts.detail.erase}
        </Button>
      )}
      {isErasing && <Erase id={event.id} onClose={() => setErasing(false)} />}
    </>
  );
}

function Erase({ id, onClose }: { id: string; onClose(): void }) {
  const { events: texts } = useTexts();
  const api = useApi();
  const tenant = useTenant();
  const announce = useAnnounce();
  const queries = useQueryClient();
  const submission = useSubmission(
    () =>
      dataOf(
        api.DELETE('/v1/tenants/{tenant}/events/{event}/payload', {
          params: { path: { tenant: tenant.id, event: id } },
        }),
      ),
    () => {
      announce(texts.detail.eraseDone);
      void queries.invalidateQueries({ queryKey: ['event', tenant.id, id] });
      onClose();
    },
  );
  return (
    <ConfirmDialog title={texts.detail.erase} look="danger" submission={submission} onClose={onClose}>
      <p className="break">{texts.detail.eraseAsks(id)}</p>
    </ConfirmDialog>
  );
}

function Loaded({ data: { event, dataText } }: { data: EventWithText }) {
  const { events: texts } = useTexts();
  const format = useFormat();
  const [operation, setOperation] = useParam('operation');
  return (
    <>
      <Facts
        facts={[
          [texts.event, <CopyText key="id" text={event.id} />],
          [
            texts.eventType,
            <Link key="type" href={`/event-types/${encodeURIComponent(event.type)}`}>
              <TypeName name={event.type} />
            </Link>,
          ],
          [texts.happened, <ExactTime key="timestamp" at={event.timestamp} />],
          [texts.accepted, <ExactTime key="created" at={event.created_at} />],
        ]}
      />
      <Card title={texts.detail.deliveries}>
        {event.deliveries.length === 0 ? (
          <p className="muted">{texts.detail.noDeliveries}</p>
        ) : (
          <EventDeliveries deliveries={event.deliveries} />
        )}
      </Card>
      {operation !== '' && (
        <OperationProgress key={operation} id={operation} onDismiss={() => setOperation('')} />
      )}
      <Missed event={event} onReplay={setOperation} />
      <Card title={texts.detail.payload} isRegion>
        {dataText === null ? (
          <Notice>
            <p>{texts.detail.erasedAt(event.erased_at === null ? '' : format.exact(event.erased_at))}</p>
          </Notice>
        ) : (
          <>
            <p className="muted">{texts.detail.payloadHint}</p>
            <Body text={dataText} label={texts.detail.payload} />
          </>
        )}
      </Card>
    </>
  );
}
