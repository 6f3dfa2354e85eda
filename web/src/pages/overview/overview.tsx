/** The overview of a tenant: what was delivered, what failed and why, what waits, which endpoints need attention. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useChoiceParam } from '../../context/params.ts';
import { useTenant } from '../../context/tenant.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { Errors, EventTypeVolumes } from './breakdown.tsx';
import { Charts, Figures, RangeChoice } from './figures.tsx';
import { FirstSteps } from './first-steps.tsx';
import { Latest } from './latest.tsx';
import { RANGES, useTenantMetrics } from './metrics.ts';
import styles from './overview.module.css';
import { Troubled } from './troubled.tsx';
import { Waiting } from './waiting.tsx';

const isTroubled = ({ health }: Schemas['Endpoint']) => health.state !== 'healthy';

export function Overview() {
  const { shell } = useTexts();
  const { id } = useTenant();
  const [range, setRange] = useChoiceParam('range', RANGES);
  const { data: metrics, error, refetch } = useTenantMetrics(id, range);
  const { data: endpoints } = useEndpoints(id);
  const isNew = endpoints?.length === 0;
  return (
    <Page title={shell.overview} actions={!isNew && <RangeChoice value={range} onValue={setRange} />}>
      {error && <ProblemNotice problem={error} onRetry={refetch} />}
      {isNew && <FirstSteps />}
      {!isNew && metrics === undefined && !error && <Loading rows={8} />}
      {!isNew && metrics !== undefined && (
        <>
          <Figures metrics={metrics} />
          <Charts metrics={metrics} />
          <div className={styles.columns}>
            <Troubled
              endpoints={endpoints?.filter(isTroubled) ?? []}
              hrefOf={(endpoint) => `/endpoints/${endpoint.id}`}
            />
            <Waiting waiting={metrics.waiting} />
            <Errors metrics={metrics} />
            <EventTypeVolumes metrics={metrics} />
          </div>
        </>
      )}
      <Latest tenant={id} />
    </Page>
  );
}

/** All of them: a tenant has not many more than a page. */
function useEndpoints(tenant: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['endpoints', tenant, 'overview'],
    queryFn: async () => {
      const { items } = await dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints', { params: { path: { tenant }, query: { limit: 200 } } }),
      );
      return items;
    },
  });
}
