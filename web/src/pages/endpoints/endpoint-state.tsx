/** The health of an endpoint in words: what is wrong, since when. */
import type { Schemas } from '@tidings/client';
import { Badge } from '../../parts/badge.tsx';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';

export function EndpointState({ endpoint }: { endpoint: Schemas['Endpoint'] }) {
  const { endpoints: texts } = useTexts();
  const { enabled, disabled_reason: reason, failing_since: failing, stalled_at: stalled } = endpoint;
  if (!enabled) {
    return (
      <div className="row">
        <Badge tone={reason === 'manual' ? 'quiet' : 'bad'} icon="stop">
          {texts.disabled}
        </Badge>
        {reason && <span className="muted">{texts.disabledReason[reason]}</span>}
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
        {texts.failures(endpoint.consecutive_failures)} · <Time at={failing} />
      </span>
    </div>
  );
}
