/** The first few of what an act would send or cancel, by name: a number alone does not say whether it is what was meant. */
import type { Schemas } from '@tidings/client';
import { StatusBadge } from '../../parts/badge.tsx';
import { ExactTime } from '../../parts/time.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './sample.module.css';

/** So many are named. */
export const SAMPLE = 3;

export function Sample({ of }: { of: Schemas['DryRun'] }) {
  const { sendAgain: texts } = useTexts();
  const { sample = [], matched } = of;
  if (sample.length === 0) return null;
  return (
    <div className="stack-tight">
      <ul className={styles.sample} aria-label={texts.sample}>
        {sample.map((each) => (
          <li key={`${each.event_id} ${each.delivery_id}`}>
            <span className="break">
              <TypeName name={each.event_type} /> <small className="muted mono">{each.event_id}</small>
            </span>
            <span className={styles.state}>
              {each.status === null ? (
                <small className="muted">{texts.neverSent}</small>
              ) : (
                <StatusBadge status={each.status} />
              )}
              <small className="muted">
                <ExactTime at={each.created_at} />
              </small>
            </span>
          </li>
        ))}
      </ul>
      {matched > sample.length && (
        <small className="muted">{texts.more(matched - sample.length, of.at_least === true)}</small>
      )}
    </div>
  );
}
