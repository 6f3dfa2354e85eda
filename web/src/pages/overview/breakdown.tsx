/** Attempts by their error and by event type, each leading to its deliveries. */
import { type Bar, Bars } from '../../parts/bars.tsx';
import { Card } from '../../parts/page.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import type { Metrics } from './metrics.ts';

const SHOWN = 8;

const href = (from: string, filter: Record<string, string>) =>
  `/deliveries?${new URLSearchParams({ ...filter, after: from })}`;

/** Errors by code; where a receiver answered, by its answer. */
export function Errors({ metrics }: { metrics: Metrics }) {
  const { overview: texts } = useTexts();
  const bars = useErrorBars(metrics);
  return (
    <Card title={texts.errors}>
      {bars.length === 0 ? <p className="muted">{texts.noErrors}</p> : <Bars bars={bars} />}
    </Card>
  );
}

function useErrorBars({ by_error_code: codes, by_response_status: answers, from }: Metrics): Bar[] {
  const { overview: texts, deliveries } = useTexts();
  const errorCodes: Record<string, string> = deliveries.errors;
  const refusals = answers.filter(({ failed }) => failed > 0);
  return [
    ...refusals.map(({ response_status: status, failed }) => ({
      key: `status ${status}`,
      name: status === null ? texts.others : texts.httpStatus(status),
      href: status === null ? undefined : href(from, { response_status: String(status) }),
      count: failed,
      bad: failed,
    })),
    ...codes
      .filter(({ error_code: code }) => code !== 'http_status' || refusals.length === 0)
      .map(({ error_code: code, attempts }) => ({
        key: `code ${code}`,
        name: code === null ? texts.others : (errorCodes[code] ?? code),
        href: code === null ? undefined : href(from, { error_code: code }),
        count: attempts,
        bad: attempts,
      })),
  ]
    .toSorted((a, b) => b.count - a.count)
    .slice(0, SHOWN);
}

export function EventTypeVolumes({ metrics: { by_event_type: types, from } }: { metrics: Metrics }) {
  const { overview: texts } = useTexts();
  return (
    <Card title={texts.types}>
      {types.length === 0 ? (
        <p className="muted">{texts.nothing}</p>
      ) : (
        <Bars
          bars={types.slice(0, SHOWN).map(({ event_type: type, attempts, failed }) => ({
            key: String(type),
            name:
              type === null ? (
                texts.others
              ) : (
                <span className="mono">
                  <TypeName name={type} />
                </span>
              ),
            title: type ?? undefined,
            href: type === null ? undefined : href(from, { event_type: type }),
            count: attempts,
            bad: failed,
            hint: failed > 0 && texts.failedOf(failed),
          }))}
        />
      )}
    </Card>
  );
}
