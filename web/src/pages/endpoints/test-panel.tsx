/** The result of a test event, whole. */
import { IconButton } from '../../parts/button.tsx';
import { Loading } from '../../parts/loading.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './endpoint.module.css';
import { Exchange } from './exchange.tsx';
import type { Test } from './use-test.ts';

export function TestPanel({ test }: { test: Test }) {
  const { endpoints: texts, common } = useTexts();
  if (!test.isBusy && test.problem === null && test.delivery === null) return null;
  return (
    <section className={styles.panel} aria-label={texts.test}>
      <div className="spread">
        <h2>{test.isBusy ? texts.testing : texts.test}</h2>
        {!test.isBusy && <IconButton icon="cross" label={common.close} onClick={test.putAway} />}
      </div>
      {test.isBusy && <Loading rows={3} />}
      {test.problem && !test.isBusy && <ProblemNotice problem={test.problem} />}
      {test.delivery && <Exchange delivery={test.delivery} />}
    </section>
  );
}
