/** States in a word, with a shape of their own: colour alone says nothing. */
import type { Schemas } from '@tidings/client';
import type { ReactNode } from 'react';
import { useFormat } from '../context/format.ts';
import { useTexts } from '../texts/index.ts';
import styles from './badge.module.css';
import { Icon, type IconName } from './icon.tsx';
import tones from './tone.module.css';

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'quiet';

export const Badge = ({ tone, icon, children }: { tone: Tone; icon?: IconName; children: ReactNode }) => (
  <span className={`${styles.badge} ${tones[tone]}`}>
    {icon && <Icon name={icon} size={13} />}
    {children}
  </span>
);

type Status = Schemas['DeliverySummary']['status'];

const LOOKS: Record<Status, [Tone, IconName]> = {
  pending: ['info', 'clock'],
  delivering: ['info', 'send'],
  retrying: ['warn', 'clock'],
  held: ['quiet', 'pause'],
  succeeded: ['good', 'check'],
  failed: ['bad', 'cross'],
  cancelled: ['quiet', 'stop'],
};

/** The status of a delivery. */
export function StatusBadge({ status }: { status: Status }) {
  const { common } = useTexts();
  const [tone, icon] = LOOKS[status];
  return (
    <Badge tone={tone} icon={icon}>
      {common.status[status]}
    </Badge>
  );
}

type ErrorCode = NonNullable<Schemas['DeliverySummary']['last_error']>;

const OUTCOMES = [
  ['failed', 'failed'],
  ['waiting', 'pending'],
  ['succeeded', 'succeeded'],
  ['cancelled', 'cancelled'],
] as const;

/** How the deliveries of an event have gone, the worst first. */
export function Outcomes({ outcomes }: { outcomes: Schemas['EventOutcomes'] }) {
  const { common, events } = useTexts();
  const format = useFormat();
  if (outcomes.total === 0) return <span className="muted">{events.noDelivery}</span>;
  return (
    <span className={styles.outcomes}>
      {OUTCOMES.filter(([outcome]) => outcomes[outcome] > 0).map(([outcome, status]) => {
        const [tone, icon] = LOOKS[status];
        const more = outcomes.at_least === true ? '+' : '';
        return (
          <Badge key={outcome} tone={tone} icon={icon}>
            {outcome === 'waiting' ? events.waiting : common.status[status]}
            {outcomes.total > 1 && ` ${format.number(outcomes[outcome])}${more}`}
          </Badge>
        );
      })}
    </span>
  );
}

/** The status of an HTTP response, or the error in words where none came. An end without an attempt is named, whatever was answered before. */
export function ResultCode({ status, error }: { status: number | null; error: ErrorCode | null }) {
  const { deliveries } = useTexts();
  const words = error === null ? null : (deliveries.errors[error] ?? error);
  const isUnsent = error !== null && UNSENT.has(error);
  const isGood = status !== null && status >= 200 && status < 300 && !isUnsent;
  return (
    <span className={`mono ${isGood ? styles.goodText : error || status ? styles.badText : ''}`}>
      {isUnsent ? words : (status ?? words ?? '–')}
    </span>
  );
}

const UNSENT: ReadonlySet<string> = new Set(['endpoint_disabled', 'endpoint_deleted', 'payload_erased']);
