/** The list of tenants, with what each has sent lately and whether its endpoints work. */
import { dataOf, type Schemas } from '@tidings/client';
import { Link } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
import { useParam } from '../../context/params.ts';
import { useProfiles } from '../../context/profiles.ts';
import { useRowKeys } from '../../context/shortcuts.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button, PlaceButton } from '../../parts/button.tsx';
import { FailedLink } from '../../parts/failed-link.tsx';
import { Empty, Page } from '../../parts/page.tsx';
import { PagesView, usePages } from '../../parts/pages-of.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';

type Tenant = Schemas['Tenant'] & {
  activity?: {
    attempts: number;
    failed: number;
    standing: { failed: number; at_least?: true };
    endpoints: { healthy: number; failing: number; disabled: number };
  };
};

export function Tenants() {
  const { shell, tenants: texts } = useTexts();
  const [q, setQ] = useParam('q');
  const pages = useTenants(q);
  const columns = useColumns();
  useRowKeys('tbody td:first-child a');
  const create = (
    <PlaceButton look="primary" icon="plus" href="/tenants/new">
      {texts.create}
    </PlaceButton>
  );
  const isNew = q === '' && pages.data !== undefined && pages.items.length === 0 && !pages.hasNextPage;
  return (
    <Page title={shell.tenants} actions={!isNew && create}>
      {!isNew && <SearchField value={q} onValue={setQ} placeholder={texts.searchHint} />}
      <PagesView
        pages={pages}
        empty={
          isNew ? (
            <Empty title={texts.none} action={create}>
              {texts.noneHint}
            </Empty>
          ) : (
            !pages.hasNextPage && (
              <Empty
                title={texts.noneFound(q)}
                action={<Button onClick={() => setQ('')}>{texts.showAll}</Button>}
              >
                {texts.noneFoundHint}
              </Empty>
            )
          )
        }
      >
        {(items) => (
          <Table label={shell.tenants} rows={items} keyOf={(tenant) => tenant.id} columns={columns} />
        )}
      </PagesView>
    </Page>
  );
}

function useTenants(q: string) {
  const api = useApi();
  return usePages(['tenants', q], (cursor) =>
    dataOf(
      api.GET('/v1/tenants', {
        params: {
          query: {
            limit: 50,
            activity: 'true',
            ...(q !== '' && { q }),
            ...(cursor !== undefined && { cursor }),
          } as object,
        },
      }),
    ),
  );
}

function useColumns(): Column<Tenant>[] {
  const { tenants: texts } = useTexts();
  const format = useFormat();
  const { data: profiles } = useProfiles();
  const titleOf = (name: string) => profiles?.find((each) => each.name === name)?.title ?? name;
  return [
    {
      name: texts.tenant,
      cell: (tenant) => (
        <div>
          <Link href={`/tenants/${tenant.id}`}>
            <bdi>{tenant.name}</bdi>
          </Link>
          {tenant.external_id && <div className="muted break">{tenant.external_id}</div>}
          <small className="muted mono">{tenant.id}</small>
        </div>
      ),
    },
    { name: texts.state, cell: (tenant) => <TenantState tenant={tenant} /> },
    {
      name: texts.sent,
      isNumber: true,
      cell: ({ activity }) => (activity ? format.number(activity.attempts) : '–'),
    },
    {
      name: texts.failed,
      isNumber: true,
      cell: ({ activity }) => (activity ? <Failures {...activity} /> : '–'),
    },
    {
      name: texts.standing,
      isNumber: true,
      cell: (tenant) => <Standing tenant={tenant} />,
    },
    { name: texts.contract, isMinor: true, cell: (tenant) => titleOf(tenant.profile) },
    { name: texts.created, isLeast: true, cell: (tenant) => <Time at={tenant.created_at} /> },
  ];
}

function Failures({ attempts, failed }: { attempts: number; failed: number }) {
  const format = useFormat();
  const { tenants: texts } = useTexts();
  if (failed === 0) return <span className="muted">{format.number(0)}</span>;
  return <span title={texts.share(format.percent(failed / attempts))}>{format.number(failed)}</span>;
}

function Standing({ tenant: { id, activity } }: { tenant: Tenant }) {
  const { tenants: texts } = useTexts();
  if (activity === undefined) return '–';
  const { standing } = activity;
  const time = { range: '24h' };
  return <FailedLink standing={standing} base={`/tenants/${id}`} time={time} title={texts.standingHint} />;
}

/** How its endpoints are, the worst first. */
function TenantState({ tenant: { activity } }: { tenant: Tenant }) {
  const { tenants: texts } = useTexts();
  if (activity === undefined) return <span className="muted">–</span>;
  const { healthy, failing, disabled } = activity.endpoints;
  if (healthy + failing + disabled === 0) return <span className="muted">{texts.noEndpoint}</span>;
  return (
    <div className="row">
      {failing > 0 && (
        <Badge tone="bad" icon="warning">
          {texts.failing(failing)}
        </Badge>
      )}
      {disabled > 0 && (
        <Badge tone="quiet" icon="stop">
          {texts.disabled(disabled)}
        </Badge>
      )}
      {failing + disabled === 0 && (
        <Badge tone="good" icon="check">
          {texts.healthy}
        </Badge>
      )}
    </div>
  );
}
