/** The timeline of a delivery: everything that happened, in order, and the next attempt counting down. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import type { ReactNode } from 'react';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
import { useViewer } from '../../context/session.tsx';
import { ResultCode } from '../../parts/badge.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { Card } from '../../parts/page.tsx';
import { Said } from '../../parts/said.tsx';
import { Countdown } from '../../parts/time.tsx';
import tones from '../../parts/tone.module.css';
import { useTexts } from '../../texts/index.ts';
import styles from './delivery.module.css';
import { type Attempt, type DeliveryLog, type TimelineEntry, timelineOf } from './timeline-entries.ts';

type OperationalEvent = Schemas['OperationalEvent'];

/** What was reported about this delivery, among the newest reports about its endpoint. */
function useNotices(log: DeliveryLog): OperationalEvent[] {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['activity', log.tenant_id, 'notices', log.endpoint_id],
    enabled: log.status === 'failed' || log.attempts.some((attempt) => attempt.error !== null),
    staleTime: 10_000,
    queryFn: () =>
      dataOf(
        api.GET('/v1/operational-events', { params: { query: { endpoint: log.endpoint_id, limit: 200 } } }),
      ),
    // Whoever may not read them sees the rest.
    retry: false,
  });
  return (data?.items ?? []).filter(({ data: about }) => about.delivery_id === log.id);
}

const NOBODY: ReadonlyMap<string, string> = new Map();

/** Who asked for each manual retry: the audit log knows, and shows it to those who may read it. */
function usePressers(log: DeliveryLog): ReadonlyMap<string, string> {
  const api = useApi();
  const { can, entrance } = useViewer();
  const { activity, deliveries } = useTexts();
  const adminKey = entrance === 'portal' ? activity.provider : deliveries.line.adminKey;
  const { data } = useQuery({
    queryKey: ['activity', log.tenant_id, 'presses', log.id, log.presses.length],
    enabled: can('endpoints') && log.presses.length > 0,
    retry: false,
    queryFn: () =>
      dataOf(
        api.GET('/v1/audit-log', {
          params: { query: { object_id: log.id, action: 'delivery.retried', limit: 200 } },
        }),
      ),
  });
  if (data === undefined) return NOBODY;
  return new Map(
    data.items.map(({ actor, details }) => [
      String(details.press_id),
      actor.name ?? (actor.key_id === 'admin' ? adminKey : actor.key_id),
    ]),
  );
}

/** Entries at either end that are always shown; those between are folded. */
const FIRST_SHOWN = 4;
const LAST_SHOWN = 10;

export function Timeline({ log }: { log: DeliveryLog }) {
  const { deliveries } = useTexts();
  const { detail } = deliveries;
  const notices = useNotices(log);
  const pressedBy = usePressers(log);
  const entries = timelineOf(log, notices, pressedBy);
  const isLong = entries.length > FIRST_SHOWN + LAST_SHOWN + 2;
  const folded = isLong ? entries.slice(FIRST_SHOWN, -LAST_SHOWN) : [];
  return (
    <Card title={detail.timeline} isRegion>
      {log.log_source === 'archive' && log.attempt_count > 0 && <p className="muted">{detail.fromArchive}</p>}
      {log.attempts_left_out !== undefined && (
        <p className="muted">{detail.leftOut(log.attempts_left_out)}</p>
      )}
      <Entries entries={isLong ? entries.slice(0, FIRST_SHOWN) : entries} />
      {isLong && (
        <>
          <details className={styles.folded}>
            <summary>{detail.olderEntries(folded.length)}</summary>
            <Entries entries={folded} />
          </details>
          <Entries entries={entries.slice(-LAST_SHOWN)} />
        </>
      )}
    </Card>
  );
}

const Entries = ({ entries }: { entries: readonly TimelineEntry[] }) => (
  <ol className={styles.timeline}>
    {entries.map((entry) => (
      <Entry
        key={`${entry.kind} ${entry.at} ${entry.kind === 'attempt' ? entry.attempt.number : ''}`}
        entry={entry}
      />
    ))}
  </ol>
);

function Entry({ entry }: { entry: TimelineEntry }) {
  const { deliveries } = useTexts();
  const { line } = deliveries;
  const format = useFormat();
  switch (entry.kind) {
    case 'accepted':
      return <Line icon="check" title={line.accepted} at={entry.at} />;
    case 'wait':
      return (
        <li className={styles.wait}>
          <Icon name="clock" size={13} />
          <span>{line.waited(format.duration(entry.ms))}</span>
        </li>
      );
    case 'attempt':
      return <AttemptLine {...entry} />;
    case 'press':
      return (
        <Line icon="send" title={entry.by === null ? line.pressed : line.press(entry.by)} at={entry.at} />
      );
    case 'notice':
      return <Line icon="warning" title={line.endpointEvent[entry.type] ?? line.notified} at={entry.at} />;
    case 'under-way':
      return <Line icon="send" tone="info" title={line.under} at={null} />;
    case 'next':
      return (
        <Line icon="clock" tone="warn" title={line.next(entry.number)} at={entry.at}>
          <Countdown to={entry.at} />
        </Line>
      );
    case 'ended':
      return {
        succeeded: <Line icon="check" tone="good" title={line.delivered} at={entry.at} />,
        failed: <Line icon="cross" tone="bad" title={line.failed} at={entry.at} />,
        cancelled: <Line icon="stop" title={line.cancelled} at={entry.at} />,
      }[entry.status];
  }
}

function AttemptLine({ attempt, isRepeated }: { attempt: Attempt; isRepeated: boolean }) {
  const { common, deliveries } = useTexts();
  const { line } = deliveries;
  const format = useFormat();
  const { number, response, error, trigger, duration_ms: ms } = attempt;
  return (
    <Line
      icon={error === null ? 'check' : 'cross'}
      tone={error === null ? 'good' : 'bad'}
      title={<a href={`#attempt-${number}`}>{line.attempt(number)}</a>}
      at={attempt.started_at}
      more={attempt.explanation && !isRepeated && <Said>{attempt.explanation.summary}</Said>}
    >
      {trigger !== 'schedule' && <span className="muted">{common.trigger[trigger]}</span>}
      <ResultCode status={response?.status ?? null} error={error?.code ?? null} />
      {ms !== null && <span className="muted">{line.took(format.duration(ms))}</span>}
    </Line>
  );
}

function Line({
  icon,
  tone = 'quiet',
  title,
  at,
  more,
  children,
}: {
  icon: IconName;
  tone?: 'good' | 'bad' | 'warn' | 'info' | 'quiet';
  title: ReactNode;
  at: string | null;
  more?: ReactNode;
  children?: ReactNode;
}) {
  const format = useFormat();
  return (
    <li className={styles.line}>
      <span className={`${styles.dot} ${tones[tone]}`}>
        <Icon name={icon} size={12} />
      </span>
      <div className={styles.lineText}>
        <strong>{title}</strong> {children}
      </div>
      {at !== null && (
        <time dateTime={at} title={format.exact(at)} className={styles.clock}>
          {format.clock(at)}
        </time>
      )}
      {more && <div className={`${styles.more} muted break`}>{more}</div>}
    </li>
  );
}
