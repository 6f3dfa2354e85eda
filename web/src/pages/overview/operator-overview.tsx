/** The operator's overview of all tenants: what was delivered, who sends and who fails, what waits, and whether the service is well. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useChoiceParam } from '../../context/params.ts';
import { Bars } from '../../parts/bars.tsx';
import { PlaceButton } from '../../parts/button.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Empty, Page } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { Errors } from './breakdown.tsx';
import { Charts, Figures, RangeChoice } from './figures.tsx';
import { Latest } from './latest.tsx';
import { RANGES, useOverviewMetrics } from './metrics.ts';
import styles from './overview.module.css';
import { Service } from './service.tsx';
import { Troubled } from './troubled.tsx';
import { Waiting } from './waiting.tsx';

const SHOWN_TENANTS = 8;
const SHOWN_ENDPOINTS = 6;

export function OperatorOverview() {
  const { shell, overview: texts } = useTexts();
  const [range, setRange] = useChoiceParam('range', RANGES);
  const { data: metrics, error, refetch } = useOverviewMetrics(range);
  const hasTenants = useHasTenants();
  const { data: troubled } = useTroubled();
  return (
    <Page
      title={shell.overview}
      actions={hasTenants !== false && <RangeChoice value={range} onValue={setRange} />}
    >
      {error && <ProblemNotice problem={error} onRetry={refetch} />}
      {hasTenants === false && (
        <Empty
          title={texts.noTenantYet}
          action={
            <PlaceButton look="primary" icon="plus" href="/tenants/new">
              {texts.createTenant}
            </PlaceButton>
          }
        >
          {texts.noTenantYetHint}
        </Empty>
      )}
      {hasTenants !== false && metrics === undefined && !error && <Loading rows={8} />}
      {hasTenants !== false && metrics !== undefined && (
        <>
          <Figures metrics={metrics} />
          <Charts metrics={metrics} />
          <div className={styles.columns}>
            <Troubled
              endpoints={troubled?.items ?? []}
              hrefOf={({ tenant_id, id }) => `/tenants/${tenant_id}/endpoints/${id}`}
            />
            <TenantTotals
              title={texts.byFailures}
              nothing={texts.noFailures}
              totals={metrics.tenants_by_failures.filter(({ failed }) => failed > 0)}
              countOf={({ failed }) => failed}
            />
            <TenantTotals
              title={texts.byVolume}
              nothing={texts.noTenants}
              totals={metrics.tenants_by_volume}
              countOf={({ attempts }) => attempts}
            />
            <Errors metrics={metrics} />
            <Service queueAgeS={metrics.oldest_queued_s} />
            <Waiting waiting={metrics.waiting} />
          </div>
        </>
      )}
      {hasTenants === false && <Service queueAgeS={undefined} />}
      <Latest tenant={null} />
    </Page>
  );
}

type Total = Schemas['MetricsOverview']['tenants_by_volume'][number];

function TenantTotals({
  title,
  nothing,
  totals,
  countOf,
}: {
  title: string;
  nothing: string;
  totals: readonly Total[];
  countOf(total: Total): number;
}) {
  const { overview: texts, common } = useTexts();
  return (
    <Card title={title}>
      {totals.length === 0 ? (
        <p className="muted">{nothing}</p>
      ) : (
        <Bars
          bars={totals.slice(0, SHOWN_TENANTS).map((total) => ({
            key: total.tenant_id,
            name: (
              <>
                <bdi>{total.name ?? texts.unnamed}</bdi>
                {total.deleted_at !== null && ` (${common.deleted})`}
              </>
            ),
            title: total.name ?? undefined,
            href:
              total.name !== null && total.deleted_at === null ? `/tenants/${total.tenant_id}` : undefined,
            count: countOf(total),
            bad: total.failed,
            hint: countOf(total) !== total.failed && total.failed > 0 && texts.failedOf(total.failed),
          }))}
        />
      )}
    </Card>
  );
}

/** @returns `undefined` as long as it is not known */
function useHasTenants(): boolean | undefined {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['tenants', 'any'],
    queryFn: async () => {
      const { items } = await dataOf(api.GET('/v1/tenants', { params: { query: { limit: 1 } } }));
      return items.length > 0;
    },
  });
  return data;
}

function useTroubled() {
  const api = useApi();
  return useQuery({
    queryKey: ['endpoints', 'all', 'troubled'],
    queryFn: () =>
      dataOf(api.GET('/v1/endpoints', { params: { query: { limit: SHOWN_ENDPOINTS, state: 'troubled' } } })),
  });
}
