/** A request and its response, as they went over the wire. Whatever a receiver sends is shown as text. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { type ReactNode, useId } from 'react';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
import { useProfile } from '../../context/tenant.tsx';
import { ResultCode } from '../../parts/badge.tsx';
import { Body } from '../../parts/code.tsx';
import { CopyButton } from '../../parts/copy.tsx';
import { visible } from '../../parts/machine-text.ts';
import { Markdown } from '../../parts/markdown.tsx';
import { Notice } from '../../parts/problem.tsx';
import { ErrorText, Said } from '../../parts/said.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './delivery.module.css';
import type { Attempt } from './timeline-entries.ts';

/** A region of its name. Of older attempts it bears their number: a name stands once on a page. */
function Side({ name, children }: { name: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.sideBox} aria-labelledby={id}>
      <h3 id={id}>{name}</h3>
      {children}
    </section>
  );
}

export function Request({
  delivery,
  attempt,
  isNewest,
}: {
  delivery: string;
  attempt: Attempt;
  isNewest: boolean;
}) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const { request, number } = attempt;
  return (
    <Side name={isNewest ? texts.request : texts.requestOf(number)}>
      {request === null ? (
        <p className="muted">{texts.noRequest}</p>
      ) : (
        <>
          <p className={styles.target}>
            <span>{request.method}</span> {visible(request.url)}
          </p>
          <Headers headers={request.headers} isAnnotated />
          <small className="muted">{texts.masked}</small>
          <SentBody delivery={delivery} />
        </>
      )}
    </Side>
  );
}

/** The body is the same at every attempt: it is loaded once. */
function SentBody({ delivery }: { delivery: string }) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const api = useApi();
  const format = useFormat();
  const { data, error } = useQuery({
    queryKey: ['delivery-body', delivery],
    staleTime: 60_000,
    retry: false,
    queryFn: () =>
      dataOf(
        api.GET('/v1/deliveries/{delivery}/body', {
          params: { path: { delivery } },
          parseAs: 'text',
        }),
      ),
  });
  if (error)
    return (
      <p className="muted break">
        <ErrorText error={error} />
      </p>
    );
  if (data === undefined) return null;
  return (
    <>
      <Size bytes={new TextEncoder().encode(data).length} format={format.bytes} />
      <Body text={data} label={texts.requestBody} />
    </>
  );
}

const Size = ({ bytes, format }: { bytes: number; format: (bytes: number) => string }) => {
  const { deliveries } = useTexts();
  return (
    <h4 className={styles.bodyTitle}>
      {deliveries.attempt.body} <span className="muted">{format(bytes)}</span>
    </h4>
  );
};

export function Response({ attempt, isNewest }: { attempt: Attempt; isNewest: boolean }) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const { response, received, number, error } = attempt;
  return (
    <Side name={isNewest ? texts.response : texts.responseOf(number)}>
      {response !== null && (
        <>
          <p className={styles.target}>
            <ResultCode status={response.status} error={error?.code ?? null} />
          </p>
          <Headers headers={response.headers} />
          <ReceivedBody {...response} />
        </>
      )}
      {response === null && received === null && (
        <p className="muted">{error ? <Said>{error.message}</Said> : texts.noResponse}</p>
      )}
      {received !== null && (
        <>
          <p>{texts.received}</p>
          <ReceivedBody {...received} />
        </>
      )}
    </Side>
  );
}

type Bytes = {
  body: string;
  body_base64?: string;
  truncated?: boolean;
  raw_length?: number | null;
  decoded_from?: string | null;
  body_problem?: string | null;
};

function ReceivedBody(bytes: Bytes) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const format = useFormat();
  const {
    body,
    body_base64: base64,
    raw_length: length,
    truncated,
    decoded_from: from,
    body_problem: problem,
  } = bytes;
  const shown =
    base64 === undefined ? new TextEncoder().encode(body).length : Math.floor((base64.length * 3) / 4);
  if (body === '' && !problem) return <p className="muted">{texts.noBody}</p>;
  return (
    <>
      <Size bytes={length ?? shown} format={format.bytes} />
      {problem && (
        <Notice tone="warn">
          <p className="break">{problem}</p>
        </Notice>
      )}
      {truncated && <small className="muted">{texts.truncated(format.bytes(shown))}</small>}
      {from && <small className="muted">{texts.decoded(visible(from))}</small>}
      {base64 !== undefined && (
        <div className="row">
          <small className="muted">{texts.binary}</small>
          <CopyButton text={base64} of={texts.copyBase64} />
        </div>
      )}
      <Body text={body} label={texts.responseBody} />
    </>
  );
}

/** @param isAnnotated says of those that a receiver verifies what they hold, as the contract has it */
function Headers({
  headers,
  isAnnotated = false,
}: {
  headers: Record<string, string>;
  isAnnotated?: boolean;
}) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const { data: profile } = useProfile();
  const noteOf = (name: string) =>
    isAnnotated && profile?.headers.find((each) => each.name.toLowerCase() === name.toLowerCase())?.holds;
  const entries = Object.entries(headers);
  if (entries.length === 0) return <p className="muted">{texts.noHeaders}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <dl className={styles.headers} aria-label={texts.headers} tabIndex={0}>
      {entries.map(([name, value]) => (
        <div key={name} data-noted={noteOf(name) ? true : undefined}>
          <dt>{visible(name)}</dt>
          <dd>
            {visible(value)}
            {noteOf(name) && (
              <small>
                <Markdown text={noteOf(name) || ''} />
              </small>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
