/** Skeletons: the shape of what comes. */
import { useTexts } from '../texts/index.ts';
import styles from './loading.module.css';

export function Loading({ rows = 3 }: { rows?: number }) {
  const { common } = useTexts();
  return (
    <div className={styles.loading} aria-busy="true">
      <span className="visually-hidden">{common.loading}</span>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={index} className={styles.line} />
      ))}
    </div>
  );
}
