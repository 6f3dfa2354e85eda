/** The health of an endpoint in words: what is wrong, since when. */
import type { Schemas } from '@tidings/client';
import { useFormat } from '../../context/format.ts';
import styles from '../../parts/badge.module.css';
import { Badge } from '../../parts/badge.tsx';
import { visible } from '../../parts/machine-text.ts';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';

/** A note in a list: whole, it stands at the endpoint. */
const LONGEST_NOTE = 80;
const cut = (note: string) => visible(note.length > LONGEST_NOTE ? `${note.slice(0, LONGEST_NOTE)}…` : note);

export function EndpointState({ endpoint }: { endpoint: Schemas['Endpoint'] }) {
  const { endpoints: texts } = useTexts();
  const format = useFormat();
  const { enabled, disabled_reason: reason, disabled_note: note } = endpoint;
  const { failing_since: failing, stalled_at: stalled } = endpoint;
  if (!enabled) {
    return (
      <div className="row">
        <Badge tone={reason === 'manual' ? 'quiet' : 'bad'} icon="stop">
          {texts.disabled}
        </Badge>
        {reason && (
          <span className={`muted break ${styles.note}`} dir="auto">
            {reason === 'manual' && note !== null ? cut(note) : texts.disabledReason[reason]}
          </span>
        )}
      </div>
    );
  }
  if (endpoint.problem !== undefined) {
    return (
      <Badge tone="bad" icon="warning">
        {texts.unreadable}
      </Badge>
    );
  }
  if (stalled !== null) {
    return (
      <div className="row">
        <Badge tone="warn" icon="pause">
          {texts.stalled}
        </Badge>
        <span className="muted">
          <Time at={stalled} />
        </span>
      </div>
    );
  }
  if (failing === null) {
    return (
      <Badge tone="good" icon="check">
        {texts.healthy}
      </Badge>
    );
  }
  return (
    <div className="row">
      <Badge tone="bad" icon="warning">
        {texts.failing}
      </Badge>
      <span className="muted">
        {texts.failures(endpoint.consecutive_failures)} ·{' '}
        <time dateTime={failing} title={format.exact(failing)}>
          {texts.inARowSince(format.dayAndTime(failing))}
        </time>
      </span>
    </div>
  );
}
