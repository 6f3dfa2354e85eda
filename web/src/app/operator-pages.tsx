/** Every page of an operator: those of all tenants, and under each tenant its own. */
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { Polled } from '../context/live.tsx';
import { NotFound } from '../pages/not-found.tsx';
import { Loading } from '../parts/loading.tsx';
import { useTexts } from '../texts/index.ts';
import { type NavigationEntry, Shell } from './shell.tsx';
import { TenantPages } from './tenant-pages.tsx';

const OperatorOverview = lazy(() =>
  import('../pages/overview/operator-overview.tsx').then((m) => ({ default: m.OperatorOverview })),
);
const Tenants = lazy(() => import('../pages/tenants/tenants.tsx').then((m) => ({ default: m.Tenants })));
const NewTenant = lazy(() =>
  import('../pages/tenants/new-tenant.tsx').then((m) => ({ default: m.NewTenant })),
);
const AllDeliveries = lazy(() =>
  import('../pages/deliveries/all-deliveries.tsx').then((m) => ({ default: m.AllDeliveries })),
);
const Activity = lazy(() => import('../pages/activity/activity.tsx').then((m) => ({ default: m.Activity })));
const OperatorSettings = lazy(() =>
  import('../pages/settings/operator-settings.tsx').then((m) => ({ default: m.OperatorSettings })),
);

export function OperatorPages() {
  const { shell } = useTexts();
  const navigation: NavigationEntry[] = [
    { href: '/', label: shell.overview, icon: 'overview' },
    { href: '/tenants', label: shell.tenants, icon: 'tenants' },
    { href: '/deliveries', label: shell.deliveries, icon: 'delivery' },
    { href: '/activity', label: shell.activity, icon: 'activity' },
    { href: '/settings', label: shell.settings, icon: 'gear' },
  ];
  return (
    <Switch>
      <Route path="/tenants/new">
        <Shell navigation={navigation} context={shell.operator} searched={null}>
          <Suspense fallback={<Loading rows={6} />}>
            <NewTenant />
          </Suspense>
        </Shell>
      </Route>
      <Route path="/tenants/:tenant" nest>
        {({ tenant }) => <TenantPages tenant={tenant ?? ''} />}
      </Route>
      <Route>
        <Shell navigation={navigation} context={shell.operator} searched={null}>
          <Polled>
            <Suspense fallback={<Loading rows={6} />}>
              <Switch>
                <Route path="/" component={OperatorOverview} />
                <Route path="/tenants" component={Tenants} />
                <Route path="/deliveries" component={AllDeliveries} />
                <Route path="/activity">
                  <Activity tenant={null} />
                </Route>
                <Route path="/settings" component={OperatorSettings} />
                <Route component={NotFound} />
              </Switch>
            </Suspense>
          </Polled>
        </Shell>
      </Route>
    </Switch>
  );
}
