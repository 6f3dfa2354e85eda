/** One delivery: what happened, its timeline, and each attempt with request and response. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useViewer } from '../../context/session.tsx';
import { Badge, StatusBadge } from '../../parts/badge.tsx';
import { CopyText } from '../../parts/copy.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Facts } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import { AttemptCard, OlderAttempt } from './attempt.tsx';
import styles from './delivery.module.css';
import { useEndpointNames, useIsDeleted } from './endpoint-names.ts';
import { Timeline } from './timeline.tsx';
import type { DeliveryLog } from './timeline-entries.ts';
import { WhatHappened } from './what-happened.tsx';

/** @param id of the delivery, in the pages of its tenant */
export function DeliveryDetail({ id }: { id: string }) {
  const api = useApi();
  const { data, error, refetch } = useQuery({
    queryKey: ['delivery', id],
    queryFn: () => dataOf(api.GET('/v1/deliveries/{delivery}', { params: { path: { delivery: id } } })),
  });
  if (data === undefined)
    return error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={8} />;
  return (
    <div className={styles.detail}>
      {error && <ProblemNotice problem={error} onRetry={refetch} />}
      <Loaded log={data} />
    </div>
  );
}

function Loaded({ log }: { log: DeliveryLog }) {
  const { deliveries } = useTexts();
  const names = useEndpointNames(log.tenant_id);
  const url = log.attempts.at(-1)?.request?.url ?? names.get(log.endpoint_id) ?? log.endpoint_id;
  const [newest, ...older] = log.attempts.toReversed();
  return (
    <>
      <Head log={log} endpoint={names.get(log.endpoint_id) ?? url} />
      <WhatHappened log={log} url={url} />
      <Timeline log={log} />
      {newest && <AttemptCard key={newest.number} delivery={log.id} attempt={newest} />}
      {older.length > 0 && (
        <section className="stack-tight" aria-label={deliveries.detail.older}>
          <h2>{deliveries.detail.older}</h2>
          {older.map((attempt) => (
            <OlderAttempt key={attempt.number} delivery={log.id} attempt={attempt} />
          ))}
        </section>
      )}
    </>
  );
}

function Head({ log, endpoint }: { log: DeliveryLog; endpoint: string }) {
  const { common, deliveries: texts } = useTexts();
  const { can } = useViewer();
  const isDeleted = useIsDeleted(log.tenant_id, log.endpoint_id);
  return (
    <div className="stack-tight">
      <div className="row">
        <h2 className="break">
          <TypeName name={log.event_type} />
        </h2>
        <StatusBadge status={log.status} />
        {log.is_test && <Badge tone="info">{texts.test}</Badge>}
      </div>
      <Facts
        facts={[
          [texts.detail.title, <CopyText key="id" text={log.id} />],
          [
            texts.event,
            <Link key="event" href={`/events/${log.event_id}`} className="mono">
              {log.event_id}
            </Link>,
          ],
          [
            texts.endpoint,
            isDeleted ? (
              <span key="endpoint" className="break">
                <bdi>{endpoint}</bdi> ({common.deleted})
              </span>
            ) : (
              <Link key="endpoint" href={`/endpoints/${log.endpoint_id}`}>
                {endpoint}
              </Link>
            ),
          ],
          [texts.accepted, <Time key="at" at={log.created_at} />],
        ]}
      />
      {can('admin') && log.workflow.web_url !== null && (
        <small>
          <a href={log.workflow.web_url} target="_blank" rel="noreferrer" className="row">
            {texts.detail.temporal} <Icon name="external" size={12} />
          </a>
        </small>
      )}
    </div>
  );
}
