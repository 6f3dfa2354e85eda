/** The health of an endpoint: what fails, since when, who was told, and when it will be disabled. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
import { useTenant } from '../../context/tenant.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Facts } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { Said } from '../../parts/said.tsx';
import { ExactTime, Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import { useStats } from './confirm-dialogs.tsx';
import styles from './endpoint.module.css';
import { EndpointHistory } from './endpoint-history.tsx';
import type { Endpoint, Profile } from './endpoint-values.ts';

type Status = Schemas['DeliverySummary']['status'];
type ErrorCode = NonNullable<Schemas['DeliverySummary']['last_error']>;

export function EndpointHealth({ endpoint, profile }: { endpoint: Endpoint; profile: Profile }) {
  const { endpoints: texts } = useTexts();
  const { health } = endpoint;
  return (
    <div className="stack">
      <Card title={texts.health}>
        <p>
          <Said>{health.summary}</Said>
        </p>
        <Facts
          facts={[
            [texts.failingSince, endpoint.failing_since && <Time at={endpoint.failing_since} />],
            [texts.inARow, endpoint.consecutive_failures > 0 && endpoint.consecutive_failures],
            [texts.disablesAt, health.disables_at && <ExactTime at={health.disables_at} />],
            [texts.disabledAt, endpoint.disabled_at && <ExactTime at={endpoint.disabled_at} />],
            [texts.stalledSince, endpoint.stalled_at && <ExactTime at={endpoint.stalled_at} />],
          ]}
        />
        {endpoint.stalled_at !== null && profile.stalls_when_exhausted && <p>{texts.stalledHint}</p>}
      </Card>
      <Counts endpoint={endpoint} />
      <EndpointHistory id={endpoint.id} />
      <Told endpoint={endpoint} />
    </div>
  );
}

/** Deliveries by status and by error. */
function Counts({ endpoint }: { endpoint: Endpoint }) {
  const { endpoints: texts, common, deliveries } = useTexts();
  const format = useFormat();
  const { data, error, refetch } = useStats(endpoint);
  const to = (filter: string) => `/deliveries?endpoint_id=${endpoint.id}&${filter}`;
  if (data === undefined)
    return error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={3} />;
  const { failed = 0, succeeded = 0 } = data.by_status;
  const errors = Object.entries(data.by_error).sort(([, one], [, other]) => other - one);
  return (
    <Card title={texts.counts}>
      {data.total === 0 ? (
        <p className="muted">{texts.noDeliveries}</p>
      ) : (
        <>
          <Facts
            facts={[
              ...Object.entries(data.by_status).map(
                ([status, count]) =>
                  [
                    common.status[status as Status],
                    <Link key={status} href={to(`status=${status}`)}>
                      {format.number(count)}
                    </Link>,
                  ] as const,
              ),
              [texts.successRate, failed + succeeded > 0 && format.percent(succeeded / (failed + succeeded))],
            ]}
          />
          {errors.length > 0 && (
            <table className={styles.errors}>
              <caption>{texts.errors}</caption>
              <tbody>
                {errors.map(([code, count]) => (
                  <tr key={code}>
                    <th scope="row">
                      <Link href={to(`error_code=${code}`)}>
                        {deliveries.errors[code as ErrorCode] ?? code}
                      </Link>
                    </th>
                    <td>{format.number(count)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {data.counted_since && (
            <p className="muted">
              {texts.countedSince} <ExactTime at={data.counted_since} />
            </p>
          )}
        </>
      )}
    </Card>
  );
}

/** Operational events about this endpoint, and the contacts that hear of them. */
function Told({ endpoint }: { endpoint: Endpoint }) {
  const { endpoints: texts } = useTexts();
  const api = useApi();
  const tenant = useTenant();
  const { data } = useQuery({
    queryKey: ['activity', tenant.id, 'operational', endpoint.id],
    queryFn: () =>
      dataOf(api.GET('/v1/operational-events', { params: { query: { endpoint: endpoint.id, limit: 20 } } })),
  });
  const told = data?.items ?? [];
  return (
    <Card title={texts.told}>
      {told.length === 0 ? (
        <p className="muted">{texts.toldNothing}</p>
      ) : (
        <ul className={styles.told}>
          {told.map((event) => (
            <li key={event.id}>
              <span>
                {texts.operationalEvents[event.type]?.(event.data) ?? event.type}{' '}
                {typeof event.data.delivery_id === 'string' && (
                  <Link href={`/deliveries/${event.data.delivery_id}`}>
                    <small className="mono">{event.data.delivery_id}</small>
                  </Link>
                )}
              </span>
              <ExactTime at={event.created_at} />
            </li>
          ))}
        </ul>
      )}
      <h3>{texts.contacts}</h3>
      {tenant.contact_states.length === 0 ? (
        <p className="muted">{texts.noContacts}</p>
      ) : (
        <ul className={styles.told}>
          {tenant.contact_states.map(({ address: contact, state }) => (
            <li key={contact}>
              <span className="break">{contact}</span>
              <span className="muted">{texts.contactStates[state]}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
