/** The service itself: its version, whether each part works, and how far behind it is. */
import { useFormat } from '../../context/format.ts';
import { useServiceStatus } from '../../context/readiness.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Facts } from '../../parts/page.tsx';
import { Notice, ProblemNotice } from '../../parts/problem.tsx';
import { Said } from '../../parts/said.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './overview.module.css';

const TONES: Record<string, Tone> = { ok: 'good', elsewhere: 'good', away: 'bad', unknown: 'warn' };

/** @param queueAgeS age of the oldest delivery that is due and that nothing has taken yet */
export function Service({ queueAgeS }: { queueAgeS: number | undefined }) {
  const { overview: texts } = useTexts();
  const format = useFormat();
  const { data, error, refetch } = useServiceStatus();
  const state = (part: string) => (
    <Badge tone={TONES[part] ?? 'warn'} icon={TONES[part] === 'good' ? 'check' : 'warning'}>
      {texts.partStates[part] ?? part}
    </Badge>
  );
  return (
    <Card title={texts.service}>
      {data === undefined &&
        (error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={3} />)}
      {data?.readiness.schema && (
        <Notice tone="warn">
          <p>{texts.schema[data.readiness.schema]}</p>
          {data.readiness.advice && (
            <p>
              <Said>{data.readiness.advice}</Said>
            </p>
          )}
        </Notice>
      )}
      {data !== undefined && (
        <div className={styles.service}>
          <Facts
            facts={[
              [
                texts.parts.service,
                <Badge
                  key="ready"
                  tone={data.readiness.ready ? 'good' : 'bad'}
                  icon={data.readiness.ready ? 'check' : 'warning'}
                >
                  {data.readiness.ready ? texts.ready : texts.notReady}
                </Badge>,
              ],
              [texts.parts.database, state(data.readiness.database)],
              [texts.parts.temporal, state(data.readiness.temporal)],
              [texts.parts.worker, state(data.readiness.worker)],
              [texts.version, data.versions.tidings],
              [texts.schemaVersion, data.versions.schema],
              [texts.postgresVersion, data.versions.postgresql],
              [texts.temporalVersion, data.versions.temporal],
              [texts.nodeVersion, data.versions.node],
              [
                texts.queueAge,
                queueAgeS !== undefined &&
                  (queueAgeS < 1 ? texts.queueEmpty : format.duration(queueAgeS * 1_000)),
              ],
            ]}
          />
        </div>
      )}
    </Card>
  );
}
