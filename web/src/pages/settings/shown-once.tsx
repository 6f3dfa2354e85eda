/** A value that is shown once, with a button that copies it. */
import type { ReactNode } from 'react';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Notice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './settings.module.css';

/** @param more buttons beside Copy */
export function ShownOnce({
  title,
  hint,
  value,
  more,
  onDone,
}: {
  title: string;
  hint: string;
  value: string;
  more?: ReactNode;
  onDone: () => void;
}) {
  const { settings: texts } = useTexts();
  return (
    <section aria-label={title}>
      <Notice tone="good">
        <h3>{title}</h3>
        <p>{hint}</p>
        <div className={styles.once}>
          <code>{value}</code>
          <CopyButton text={value} />
          {more}
        </div>
        <div>
          <Button look="quiet" onClick={onDone}>
            {texts.done}
          </Button>
        </div>
      </Notice>
    </section>
  );
}
