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
      <>
        <Badge tone={reason === 'manual' ? 'quiet' : 'bad'} icon="stop">
          {texts.disabled}
        </Badge>{' '}
        {reason && <div className="muted">{texts.disabledReason[reason]}</div>}
      </>
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
      <>
        <Badge tone="warn" icon="pause">
          {texts.stalled}
        </Badge>
        <div className="muted">
          <Time at={stalled} />
        </div>
      </>
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
    <>
      <Badge tone="bad" icon="warning">
        {texts.failing}
      </Badge>
      <div className="muted">
        {texts.failures(endpoint.consecutive_failures)} · <Time at={failing} />
      </div>
    </>
  );
}
