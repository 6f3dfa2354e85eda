/** One exchange with a receiver, whole: what happened, what was sent, what came back. */
import type { Schemas } from '@tidings/client';
import { useFormat } from '../../context/format.ts';
import { useProfile } from '../../context/tenant.tsx';
import { StatusBadge } from '../../parts/badge.tsx';
import { LinkButton } from '../../parts/button.tsx';
import { Body } from '../../parts/code.tsx';
import { visible } from '../../parts/machine-text.ts';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import { Plain } from './auth-fields.tsx';
import styles from './exchange.module.css';

type Delivery = Schemas['Delivery'];
type Attempt = Schemas['Attempt'];

/** Of the delivery's newest attempt. */
export function Exchange({ delivery }: { delivery: Delivery }) {
  const { exchange: texts } = useTexts();
  const attempt = delivery.attempts.at(-1);
  return (
    <>
      <section aria-label={texts.whatHappened} className={styles.happened}>
        <div className="row">
          <StatusBadge status={delivery.status} />
          <strong>
            <Sentence delivery={delivery} attempt={attempt} />
          </strong>
        </div>
        {delivery.explanation && (
          <p>
            <b>{texts.who[delivery.explanation.who]}</b> {delivery.explanation.action}
          </p>
        )}
        <div>
          <LinkButton href={`/deliveries/${delivery.id}`}>{texts.open}</LinkButton>
        </div>
      </section>
      {attempt && (
        <div className={styles.sides}>
          <Request attempt={attempt} body={delivery.body} />
          <Response attempt={attempt} />
        </div>
      )}
    </>
  );
}

function Sentence({ delivery, attempt }: { delivery: Delivery; attempt: Attempt | undefined }) {
  const { exchange: texts } = useTexts();
  const format = useFormat();
  if (delivery.explanation) return delivery.explanation.summary;
  if (attempt?.response == null) return texts.underWay;
  // What was answered has a duration.
  return texts.answered(attempt.response.status, format.duration(attempt.duration_ms ?? 0));
}

function Request({ attempt, body }: { attempt: Attempt; body: string | null }) {
  const { exchange: texts } = useTexts();
  const { data: profile } = useProfile();
  const { request } = attempt;
  return (
    <Card title={texts.request} isRegion>
      {request === null ? (
        <p className="muted">{texts.noRequest}</p>
      ) : (
        <>
          <p className="mono break">
            {request.method} {request.url}
          </p>
          <Headers headers={request.headers} notes={profile?.headers ?? []} />
          {body === null ? (
            <p className="muted">{texts.erased}</p>
          ) : (
            <Body text={body} label={texts.requestBody} />
          )}
        </>
      )}
    </Card>
  );
}

function Response({ attempt: { response, received, error } }: { attempt: Attempt }) {
  const { exchange: texts } = useTexts();
  return (
    <Card title={texts.response} isRegion>
      {response === null ? (
        <>
          <p className="muted">{error?.message ?? texts.noResponse}</p>
          {received && <Body text={received.body} label={texts.responseBody} />}
        </>
      ) : (
        <>
          <p className="mono">{response.status}</p>
          <Headers headers={response.headers} notes={[]} />
          <Body text={response.body} label={texts.responseBody} />
          {response.truncated && <p className="muted">{texts.truncated}</p>}
        </>
      )}
    </Card>
  );
}

/** @param notes what headers hold, by name, for those that a receiver should look at */
function Headers({
  headers,
  notes,
}: {
  headers: Record<string, string>;
  notes: readonly { name: string; holds: string }[];
}) {
  const noteOf = (name: string) =>
    notes.find((each) => each.name.toLowerCase() === name.toLowerCase())?.holds;
  return (
    <dl className={styles.headers}>
      {Object.entries(headers).map(([name, value]) => {
        const note = noteOf(name);
        return (
          <div key={name} data-noted={note !== undefined || undefined}>
            <dt>{name}</dt>
            <dd>
              {visible(value)}
              {note && (
                <small>
                  <Plain markdown={note} />
                </small>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
