/** Endpoints that need somebody's attention, each with what is wrong. */
import type { Schemas } from '@tidings/client';
import { Link } from 'wouter';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import { EndpointState } from '../endpoints/endpoint-state.tsx';
import styles from './overview.module.css';

type Endpoint = Schemas['Endpoint'] & { tenant?: Schemas['ListedEndpoint']['tenant'] };

/** @param hrefOf where an endpoint's page is */
export function Troubled({
  endpoints,
  hrefOf,
}: {
  endpoints: readonly Endpoint[];
  hrefOf(endpoint: Endpoint): string;
}) {
  const { overview: texts } = useTexts();
  return (
    <Card title={texts.troubled}>
      {endpoints.length === 0 ? (
        <p className="muted">{texts.noneTroubled}</p>
      ) : (
        <ul className={styles.list}>
          {endpoints.map((endpoint) => (
            <li key={endpoint.id} className={styles.tall}>
              <div>
                <div className="ellipsis">
                  <Link href={hrefOf(endpoint)} title={endpoint.url}>
                    {endpoint.description ?? endpoint.url}
                  </Link>
                </div>
                {endpoint.tenant && (
                  <div className="muted break">
                    <bdi>{endpoint.tenant.name ?? texts.unnamed}</bdi>
                  </div>
                )}
                <small className="muted mono break">{endpoint.id}</small>
              </div>
              <div>
                <EndpointState endpoint={endpoint} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
