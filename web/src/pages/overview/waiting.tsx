/** Deliveries that wait now, and for what. */
import { Link } from 'wouter';
import { useFormat } from '../../context/format.ts';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import type { Metrics } from './metrics.ts';
import styles from './overview.module.css';

export function Waiting({ waiting }: { waiting: Metrics['waiting'] }) {
  const { common, overview: texts } = useTexts();
  const format = useFormat();
  const some = waiting.filter(({ count }) => count > 0);
  const wordsOf = ({ status, held_reason: reason }: Metrics['waiting'][number]) =>
    (reason !== null && common.held[reason as keyof typeof common.held]) || (texts.waits[status] ?? status);
  return (
    <Card title={texts.waiting}>
      {some.length === 0 ? (
        <p className="muted">{texts.nothingWaits}</p>
      ) : (
        <ul className={styles.list}>
          {some.map((each) => (
            <li key={`${each.status} ${each.held_reason}`}>
              <Link href={`/deliveries?status=${each.status}`}>
                {each.at_least ? texts.more(format.number(each.count)) : common.deliveries(each.count)}
              </Link>
              <span className={`muted ${styles.grow}`}>{wordsOf(each)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
