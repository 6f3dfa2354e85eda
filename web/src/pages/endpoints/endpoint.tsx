/** One endpoint: its state, what can be done with it, and its tabs. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useApi } from '../../context/api.tsx';
import { useProfile, useTenant } from '../../context/tenant.tsx';
import { CopyText } from '../../parts/copy.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page, Tabs } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { OperationProgress } from '../deliveries/bulk.tsx';
import { NotFound } from '../not-found.tsx';
import styles from './endpoint.module.css';
import { EndpointActions } from './endpoint-actions.tsx';
import { EndpointDeliveries } from './endpoint-deliveries.tsx';
import { EndpointHealth } from './endpoint-health.tsx';
import { EndpointSettings } from './endpoint-settings.tsx';
import { EndpointState } from './endpoint-state.tsx';
import type { Endpoint as EndpointData, Profile } from './endpoint-values.ts';
import { EndpointVerify } from './endpoint-verify.tsx';
import { type Fresh, useFresh } from './fresh.ts';
import { SecretPanel, type ShownSecret } from './secret-panel.tsx';
import { TestPanel } from './test-panel.tsx';
import { useTest } from './use-test.ts';

const TABS = ['deliveries', 'health', 'settings', 'verify'] as const;

export function Endpoint({ id, tab }: { id: string; tab: string }) {
  const { shell, endpoints: texts } = useTexts();
  const api = useApi();
  const { id: tenant } = useTenant();
  const {
    data: endpoint,
    error,
    refetch,
  } = useQuery({
    queryKey: ['endpoint', id],
    queryFn: () =>
      dataOf(
        api.GET('/v1/tenants/{tenant}/endpoints/{endpoint}', { params: { path: { tenant, endpoint: id } } }),
      ),
  });
  const profile = useProfile();
  const fresh = useFresh(id);
  if (!TABS.some((each) => each === tab)) return <NotFound />;
  if (endpoint !== undefined && profile.data !== undefined)
    return <Loaded endpoint={endpoint} profile={profile.data} tab={tab} fresh={fresh} />;
  const problem = error ?? profile.error;
  return (
    <Page title={texts.endpoint} above={<Link href="/endpoints">{shell.endpoints}</Link>}>
      {problem ? (
        <ProblemNotice problem={problem} onRetry={error ? refetch : profile.refetch} />
      ) : (
        <Loading rows={6} />
      )}
    </Page>
  );
}

/** A URL may be longer than a page: its beginning tells which it is, and the settings show it whole. */
const Name = ({ endpoint: { description, url } }: { endpoint: EndpointData }) => (
  <span className={styles.name} title={description ?? url}>
    {description ?? url}
  </span>
);

type Shown = { endpoint: EndpointData; profile: Profile };

function Loaded({ endpoint, profile, tab, fresh }: Shown & { tab: string; fresh: Fresh | null }) {
  const { shell, endpoints: texts } = useTexts();
  const queries = useQueryClient();
  const [secret, setSecret] = useState<ShownSecret | null>(
    fresh?.secret ? { kind: 'created', value: fresh.secret } : null,
  );
  const test = useTest(endpoint.id, fresh?.test ?? null);
  const [parameters, setParameters] = useSearchParams();
  const operation = parameters.get('operation');
  const setOperation = (id: string | null) =>
    setParameters((now) => {
      const next = new URLSearchParams(now);
      if (id === null) next.delete('operation');
      else next.set('operation', id);
      return next;
    });
  const labels: Record<(typeof TABS)[number], string> = texts.tabs;
  return (
    <Page
      title={endpoint.description ?? endpoint.url}
      shownTitle={<Name endpoint={endpoint} />}
      above={<Link href="/endpoints">{shell.endpoints}</Link>}
    >
      <div className={styles.about}>
        <div>
          <EndpointState endpoint={endpoint} />
        </div>
        {endpoint.description !== null && <div className="break">{endpoint.url}</div>}
        <CopyText text={endpoint.id} />
      </div>
      <EndpointActions
        {...{ endpoint, profile, test, onSecret: setSecret, onOperation: setOperation }}
        isOperating={operation !== null}
        onChanged={(changed) => {
          queries.setQueryData(['endpoint', endpoint.id], changed);
          void queries.invalidateQueries({ queryKey: ['endpoints'] });
        }}
      />
      {secret && (
        <SecretPanel
          key={secret.value}
          secret={secret}
          profile={profile}
          endpoint={endpoint}
          onHide={() => setSecret(null)}
        />
      )}
      {operation && <OperationProgress key={operation} id={operation} onDismiss={() => setOperation(null)} />}
      <TestPanel test={test} />
      <Tabs
        label={texts.endpoint}
        tabs={TABS.map((each) => ({
          href: each === 'deliveries' ? `/endpoints/${endpoint.id}` : `/endpoints/${endpoint.id}/${each}`,
          label: labels[each],
          isCurrent: each === tab,
        }))}
      />
      <div role="tabpanel" aria-label={labels[tab as keyof typeof labels]}>
        {tab === 'deliveries' && <EndpointDeliveries endpoint={endpoint} />}
        {tab === 'health' && <EndpointHealth endpoint={endpoint} profile={profile} />}
        {tab === 'settings' && <EndpointSettings endpoint={endpoint} profile={profile} />}
        {tab === 'verify' && <EndpointVerify endpoint={endpoint} profile={profile} />}
      </div>
    </Page>
  );
}
