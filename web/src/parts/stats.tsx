/** Figures side by side, each with its name and a word beside it. */
import type { ReactNode } from 'react';
import styles from './stats.module.css';

export type Stat = { name: string; value: ReactNode; hint?: ReactNode; isBad?: boolean };

export const Stats = ({ stats }: { stats: readonly Stat[] }) => (
  <dl className={styles.stats}>
    {stats.map(({ name, value, hint, isBad }) => (
      <div key={name} className={styles.stat}>
        <dt>{name}</dt>
        <dd>
          <span className={`${styles.value} ${isBad ? styles.bad : ''}`}>{value}</span>
          {hint && <small className="muted">{hint}</small>}
        </dd>
      </div>
    ))}
  </dl>
);
