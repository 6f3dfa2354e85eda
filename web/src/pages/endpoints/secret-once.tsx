/** A signing secret in full: new ones are shown once, the current one when somebody asks for it. */
import type { ReactNode } from 'react';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './endpoint.module.css';

/** @param onHide takes it off the page */
export function SecretOnce({
  title,
  secret,
  onHide,
  children,
}: {
  title: string;
  secret: string;
  onHide: () => void;
  children: ReactNode;
}) {
  const { endpoints: texts } = useTexts();
  return (
    <Card title={title} isRegion>
      <div className={styles.secret}>
        <code>{secret}</code>
        <CopyButton text={secret} />
        <Button look="quiet" onClick={onHide}>
          {texts.hideSecret}
        </Button>
      </div>
      {children}
    </Card>
  );
}
