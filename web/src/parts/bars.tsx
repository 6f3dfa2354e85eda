/** A list of shares: each entry with its number and a bar, the part that is bad in another colour. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useFormat } from '../context/format.ts';
import styles from './bars.module.css';

export type Bar = {
  key: string;
  name: ReactNode;
  /** the name whole, where it may be cut */
  title?: string | undefined;
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
      {bars.map(({ key, name, title, href, count, bad, hint }) => (
        <li key={key}>
          <span className={styles.line}>
            <span className={`${styles.name} ${href === undefined ? 'ellipsis' : ''}`} title={title}>
              {href === undefined ? (
                name
              ) : (
                <Link href={href} className="ellipsis">
                  {name}
                </Link>
              )}
            </span>
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
