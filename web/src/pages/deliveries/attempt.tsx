/** One attempt: what was sent beside what came back, and the way between. */
import { useState } from 'react';
import { useFormat } from '../../context/format.ts';
import { ResultCode } from '../../parts/badge.tsx';
import { Said } from '../../parts/said.tsx';
import { ExactTime } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { Connection } from './connection.tsx';
import styles from './delivery.module.css';
import { Request, Response } from './exchange.tsx';
import type { Attempt } from './timeline-entries.ts';

/** The newest attempt, open. */
export function AttemptCard({ delivery, attempt }: { delivery: string; attempt: Attempt }) {
  return (
    <section id={`attempt-${attempt.number}`} className={styles.attempt}>
      <header className={styles.attemptHead}>
        <Summary attempt={attempt} isHeading />
      </header>
      <Exchange delivery={delivery} attempt={attempt} isNewest />
    </section>
  );
}

/** An older attempt. What is in it is drawn when it is opened: there may be a hundred. */
export function OlderAttempt({ delivery, attempt }: { delivery: string; attempt: Attempt }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      id={`attempt-${attempt.number}`}
      className={styles.attempt}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className={styles.attemptHead}>
        <Summary attempt={attempt} />
      </summary>
      {isOpen && <Exchange delivery={delivery} attempt={attempt} isNewest={false} />}
    </details>
  );
}

function Summary({ attempt, isHeading = false }: { attempt: Attempt; isHeading?: boolean }) {
  const { common, deliveries } = useTexts();
  const format = useFormat();
  const { number, response, error, trigger, duration_ms: ms, started_at: at } = attempt;
  const title = deliveries.attempt.title(number);
  return (
    <>
      {isHeading ? <h2>{title}</h2> : <strong>{title}</strong>}
      <ResultCode status={response?.status ?? null} error={error?.code ?? null} />
      {ms !== null && <span className="muted">{format.duration(ms)}</span>}
      {trigger !== 'schedule' && <span className="muted">{common.trigger[trigger]}</span>}
      <small className={styles.when}>
        <ExactTime at={at} />
      </small>
    </>
  );
}

function Exchange({
  delivery,
  attempt,
  isNewest,
}: {
  delivery: string;
  attempt: Attempt;
  isNewest: boolean;
}) {
  return (
    <div className={styles.exchange}>
      {attempt.explanation && !isNewest && (
        <p className="break">
          <Said>{attempt.explanation.summary}</Said>
        </p>
      )}
      {attempt.error && (
        <p className="muted break">
          <Said>{attempt.error.message}</Said>
        </p>
      )}
      <div className={styles.sides} data-unanswered={attempt.response === null || undefined}>
        <Request delivery={delivery} attempt={attempt} isNewest={isNewest} />
        <Response attempt={attempt} isNewest={isNewest} />
      </div>
      <Connection attempt={attempt} />
    </div>
  );
}
