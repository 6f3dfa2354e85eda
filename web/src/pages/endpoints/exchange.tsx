/** The exchange of a test, whole: what happened, what was sent, what came back. */
import type { Schemas } from '@tidings/client';
import { useFormat } from '../../context/format.ts';
import { StatusBadge } from '../../parts/badge.tsx';
import { LinkButton } from '../../parts/button.tsx';
import { Said } from '../../parts/said.tsx';
import { useTexts } from '../../texts/index.ts';
import { AttemptCard } from '../deliveries/attempt.tsx';
import styles from './endpoint.module.css';

type Delivery = Schemas['Delivery'];

export function Exchange({ delivery }: { delivery: Delivery }) {
  const { endpoints: texts, deliveries } = useTexts();
  const attempt = delivery.attempts.at(-1);
  const { explanation } = delivery;
  return (
    <>
      <section aria-label={deliveries.detail.whatHappened} className="stack-tight">
        <div className="row">
          <StatusBadge status={delivery.status} />
          <strong>
            <Sentence delivery={delivery} />
          </strong>
        </div>
        {explanation && (
          <p>
            <b>{deliveries.detail.who[explanation.who]}</b> <Said>{explanation.action}</Said>
          </p>
        )}
      </section>
      {attempt && <AttemptCard delivery={delivery.id} attempt={attempt} />}
      <div className={styles.open}>
        <LinkButton href={`/deliveries/${delivery.id}`}>{texts.openTest}</LinkButton>
      </div>
    </>
  );
}

function Sentence({ delivery }: { delivery: Delivery }) {
  const { endpoints: texts } = useTexts();
  const format = useFormat();
  const attempt = delivery.attempts.at(-1);
  if (delivery.explanation) return <Said>{delivery.explanation.summary}</Said>;
  if (attempt?.response == null) return texts.underWay;
  // What was answered has a duration.
  return texts.answered(attempt.response.status, format.duration(attempt.duration_ms ?? 0));
}
