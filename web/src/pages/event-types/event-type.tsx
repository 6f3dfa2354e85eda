/** One event type: what its data holds, an example, and which endpoints listen to it. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf, TidingsError } from '@tidings/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Badge } from '../../parts/badge.tsx';
import { Button, LinkButton } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Notice, ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { useSentTypes } from '../deliveries/type-names.ts';
import { EndpointState } from '../endpoints/endpoint-state.tsx';
import styles from './event-types.module.css';
import { listenersOf, useListening } from './listeners.ts';
import { SchemaTable } from './schema-table.tsx';
import { TypeDescription } from './type-description.tsx';
import { type EventType as EventTypeData, useEventType } from './use-event-types.ts';

export function EventType({ name }: { name: string }) {
  const { shell, eventTypes: texts } = useTexts();
  const { can } = useViewer();
  const { data: type, error, refetch } = useEventType(name);
  const [isArchiving, setArchiving] = useState(false);
  const mayChange = can('manage') && type?.origin === 'tenant' && type.archived_at === undefined;
  return (
    <Page
      title={name}
      shownTitle={<span className="mono">{name}</span>}
      above={<Link href="/event-types">{shell.eventTypes}</Link>}
      actions={
        mayChange && (
          <>
            <LinkButton href={`/event-types/${encodeURIComponent(name)}/edit`}>{texts.edit}</LinkButton>
            <Button look="danger" onClick={() => setArchiving(true)}>
              {texts.archive}
            </Button>
          </>
        )
      }
    >
      {type === undefined ? (
        error ? (
          error instanceof TidingsError && error.status === 404 ? (
            <Unlisted name={name} />
          ) : (
            <ProblemNotice problem={error} onRetry={refetch} />
          )
        ) : (
          <Loading rows={6} />
        )
      ) : (
        <>
          <div className="row">
            <Badge tone="quiet">{texts.origins[type.origin]}</Badge>
            <TypeDescription type={type} />
          </div>
          {type.archived_at && (
            <Notice tone="warn">
              <p>{texts.archivedNotice}</p>
            </Notice>
          )}
          <Details type={type} />
        </>
      )}
      {isArchiving && <ArchiveDialog name={name} onClose={() => setArchiving(false)} />}
    </Page>
  );
}

/** A type that is in no catalogue may be sent all the same, where the contract takes any. */
function Unlisted({ name }: { name: string }) {
  const { shell, eventTypes: texts } = useTexts();
  const { can } = useViewer();
  const isSent = useSentTypes(useTenant().id).includes(name);
  const query = encodeURIComponent(name);
  return (
    <>
      <Notice tone="info">
        <p>{isSent ? texts.sentUnlisted : texts.unlisted}</p>
        <div className="row">
          <Link href={`/events?event_type=${query}`}>{shell.events}</Link>
          <Link href={`/deliveries?event_type=${query}`}>{shell.deliveries}</Link>
          {can('manage') && <Link href="/event-types/new">{texts.create}</Link>}
        </div>
      </Notice>
      <Listeners type={name} />
    </>
  );
}

function Details({ type }: { type: EventTypeData }) {
  const { eventTypes: texts } = useTexts();
  return (
    <div className={styles.sides}>
      <div className="stack">
        <Card title={texts.schema}>
          <SchemaTable schema={type.schema} isOfContract={type.origin === 'profile'} />
          <details>
            <summary>{texts.rawSchema}</summary>
            <Code text={JSON.stringify(type.schema, null, 2)} label={texts.rawSchema} isJson />
          </details>
        </Card>
      </div>
      <div className="stack">
        <Card title={texts.example}>
          <Code text={JSON.stringify(type.example, null, 2)} label={texts.example} isJson />
        </Card>
        <Listeners type={type.name} />
      </div>
    </div>
  );
}

function Listeners({ type }: { type: string }) {
  const { eventTypes: texts } = useTexts();
  const endpoints = useListening();
  if (endpoints === undefined) return <Loading rows={2} />;
  const listening = listenersOf(endpoints, type);
  return (
    <Card title={texts.listenersTitle}>
      {listening.length === 0 ? (
        <p className="muted">{texts.nobodyListens}</p>
      ) : (
        <ul className={styles.listeners}>
          {listening.map((endpoint) => (
            <li key={endpoint.id}>
              <Link href={`/endpoints/${endpoint.id}`}>{endpoint.description ?? endpoint.url}</Link>
              <div>
                <EndpointState endpoint={endpoint} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function ArchiveDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const { eventTypes: texts } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const { id: tenant } = useTenant();
  const endpoints = useListening();
  const submission = useSubmission(
    () =>
      dataOf(
        api.DELETE('/v1/tenants/{tenant}/event-types/{type}', {
          params: { path: { tenant, type: name } },
        }),
      ),
    () => {
      announce(texts.archivedNow(name));
      void queries.invalidateQueries({ queryKey: ['event-types', tenant] });
      onClose();
    },
  );
  return (
    <ConfirmDialog title={texts.archiveTitle} submission={submission} onClose={onClose} look="danger">
      <p>{texts.archiveWhat}</p>
      {endpoints !== undefined && <p>{texts.archiveListeners(listenersOf(endpoints, name).length)}</p>}
    </ConfirmDialog>
  );
}
