/** The service itself: its version, whether each part works, and how far behind it is. */
import { useFormat } from '../../context/format.ts';
import { useReadiness, useVersion } from '../../context/readiness.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Facts } from '../../parts/page.tsx';
import { Notice, ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';

const TONES: Record<string, Tone> = { ok: 'good', elsewhere: 'good', away: 'bad', unknown: 'warn' };

/** @param queueAgeS age of the oldest delivery that is due and that nothing has taken yet */
export function Service({ queueAgeS }: { queueAgeS: number | undefined }) {
  const { overview: texts } = useTexts();
  const format = useFormat();
  const { data: readiness, error } = useReadiness();
  const { data: health } = useVersion();
  const state = (part: string) => (
    <Badge tone={TONES[part] ?? 'warn'} icon={TONES[part] === 'good' ? 'check' : 'warning'}>
      {texts.partStates[part] ?? part}
    </Badge>
  );
  return (
    <Card title={texts.service}>
      {readiness === undefined && (error ? <ProblemNotice problem={error} /> : <Loading rows={3} />)}
      {readiness?.schema && (
        <Notice tone="warn">
          <p>{texts.schema[readiness.schema]}</p>
          {readiness.advice && <p>{readiness.advice}</p>}
        </Notice>
      )}
      {readiness !== undefined && (
        <Facts
          facts={[
            [
              texts.parts.service,
              <Badge
                key="ready"
                tone={readiness.ready ? 'good' : 'bad'}
                icon={readiness.ready ? 'check' : 'warning'}
              >
                {readiness.ready ? texts.ready : texts.notReady}
              </Badge>,
            ],
            [texts.parts.database, state(readiness.database)],
            [texts.parts.temporal, state(readiness.temporal)],
            [texts.parts.worker, state(readiness.worker)],
            [texts.version, health?.version],
            [
              texts.queueAge,
              queueAgeS !== undefined &&
                (queueAgeS < 1 ? texts.queueEmpty : format.duration(queueAgeS * 1_000)),
            ],
          ]}
        />
      )}
    </Card>
  );
}
