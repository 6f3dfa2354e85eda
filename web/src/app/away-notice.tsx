/** Notes over a page that cannot be as new as it should be: the service or its database is away, or the stream. */
import { useIsCut } from '../context/live.tsx';
import { type Away, useAway } from '../context/reached.tsx';
import { Notice } from '../parts/problem.tsx';
import { useTexts } from '../texts/index.ts';
import styles from './shell.module.css';

export function AwayNotice({ away }: { away: Away }) {
  const { shell } = useTexts();
  if (away === null) return null;
  return (
    <div role="alert" className={styles.away}>
      <Notice tone="warn">
        <p>{shell.away[away]}</p>
      </Notice>
    </div>
  );
}

/** Where the service answers, and only the stream does not come. */
export function CutNotice() {
  const { shell } = useTexts();
  const isCut = useIsCut();
  const away = useAway();
  if (!isCut || away !== null) return null;
  return (
    <div role="status" className={styles.away}>
      <Notice>
        <p>{shell.cut}</p>
      </Notice>
    </div>
  );
}
