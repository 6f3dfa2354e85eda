/** A list of shares: each entry with its number and a bar, the part that is bad in another colour. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useFormat } from '../context/format.ts';
import styles from './bars.module.css';

export type Bar = {
  key: string;
  name: ReactNode;
  href?: string | undefined;
  count: number;
  /** of them, how many are bad */
  bad: number;
  hint?: ReactNode;
};

export function Bars({ bars }: { bars: readonly Bar[] }) {
  const format = useFormat();
  const largest = Math.max(1, ...bars.map(({ count }) => count));
  return (
    <ol className={styles.bars}>
      {bars.map(({ key, name, href, count, bad, hint }) => (
        <li key={key}>
          <span className={styles.line}>
            <span className="ellipsis">{href === undefined ? name : <Link href={href}>{name}</Link>}</span>
            <span className={styles.number}>
              {format.number(count)} {hint && <small className="muted">· {hint}</small>}
            </span>
          </span>
          <span className={styles.track} aria-hidden="true">
            <span style={{ inlineSize: `${(100 * (count - bad)) / largest}%` }} />
            <span className={styles.bad} style={{ inlineSize: `${(100 * bad) / largest}%` }} />
          </span>
        </li>
      ))}
    </ol>
  );
}
