/** Notices: a failure with what to do about it and the id of its request in the log; notes that stay. */
import { TidingsError } from '@tidings/client';
import type { ReactNode } from 'react';
import { useTexts } from '../texts/index.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import styles from './notice.module.css';
import { ErrorText } from './said.tsx';
import tones from './tone.module.css';

/** @param onRetry where asking again may help */
export function ProblemNotice({
  problem,
  onRetry,
}: {
  problem: Error;
  onRetry?: (() => unknown) | undefined;
}) {
  const { common } = useTexts();
  const requestId = problem instanceof TidingsError ? problem.requestId : null;
  return (
    <div className={`${styles.notice} ${tones.bad}`} role="alert">
      <Icon name="warning" />
      <div className="stack-tight">
        <p className="break">
          <ErrorText error={problem} />
        </p>
        {requestId && <small className="mono">{common.requestId(requestId)}</small>}
        {onRetry && (
          <div>
            <Button onClick={() => onRetry()}>{common.tryAgain}</Button>
          </div>
        )}
      </div>
    </div>
  );
}

/** A note that stays: `info`, `warn`, `good`. */
export const Notice = ({
  tone = 'info',
  children,
}: {
  tone?: 'info' | 'warn' | 'good' | 'bad';
  children: ReactNode;
}) => (
  <div className={`${styles.notice} ${tones[tone]}`}>
    <Icon name={tone === 'good' ? 'check' : 'warning'} />
    <div className="stack-tight">{children}</div>
  </div>
);
