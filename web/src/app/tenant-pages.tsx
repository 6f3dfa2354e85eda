/** Every page of a tenant. They stand under the dashboard, under an operator's `/tenants/:t`, and in the portal, with the same links. */
import { lazy, Suspense } from 'react';
import { Link, Route, Switch } from 'wouter';
import { useViewer } from '../context/session.tsx';
import { useTenant } from '../context/tenant.tsx';
import { NotFound } from '../pages/not-found.tsx';
import { Loading } from '../parts/loading.tsx';
import { useTexts } from '../texts/index.ts';
import { type NavigationEntry, Shell } from './shell.tsx';
import { TenantName, TenantProvider } from './tenant-provider.tsx';

const Overview = lazy(() => import('../pages/overview/overview.tsx').then((m) => ({ default: m.Overview })));
const Endpoints = lazy(() =>
  import('../pages/endpoints/endpoints.tsx').then((m) => ({ default: m.Endpoints })),
);
const NewEndpoint = lazy(() =>
  import('../pages/endpoints/new-endpoint.tsx').then((m) => ({ default: m.NewEndpoint })),
);
const Endpoint = lazy(() => import('../pages/endpoints/endpoint.tsx').then((m) => ({ default: m.Endpoint })));
const Events = lazy(() => import('../pages/events/events.tsx').then((m) => ({ default: m.Events })));
const Event = lazy(() => import('../pages/events/event.tsx').then((m) => ({ default: m.Event })));
const SendEvent = lazy(() =>
  import('../pages/events/send-event.tsx').then((m) => ({ default: m.SendEvent })),
);
const Deliveries = lazy(() =>
  import('../pages/deliveries/deliveries.tsx').then((m) => ({ default: m.Deliveries })),
);
const EventTypes = lazy(() =>
  import('../pages/event-types/event-types.tsx').then((m) => ({ default: m.EventTypes })),
);
const EventType = lazy(() =>
  import('../pages/event-types/event-type.tsx').then((m) => ({ default: m.EventType })),
);
const EditEventType = lazy(() =>
  import('../pages/event-types/edit-event-type.tsx').then((m) => ({ default: m.EditEventType })),
);
const Activity = lazy(() => import('../pages/activity/activity.tsx').then((m) => ({ default: m.Activity })));
const Settings = lazy(() => import('../pages/settings/settings.tsx').then((m) => ({ default: m.Settings })));

export function TenantPages({ tenant }: { tenant: string }) {
  const { shell } = useTexts();
  const { can } = useViewer();
  const navigation: NavigationEntry[] = [
    { href: '/', label: shell.overview, icon: 'overview' },
    { href: '/endpoints', label: shell.endpoints, icon: 'endpoint' },
    { href: '/events', label: shell.events, icon: 'event' },
    { href: '/deliveries', label: shell.deliveries, icon: 'delivery' },
    { href: '/event-types', label: shell.eventTypes, icon: 'catalogue' },
    // A portal session without `endpoints` may neither read the audit log nor set contacts.
    ...(can('endpoints') ? ([{ href: '/activity', label: shell.activity, icon: 'activity' }] as const) : []),
    ...(can('endpoints') ? ([{ href: '/settings', label: shell.settings, icon: 'gear' }] as const) : []),
  ];
  return (
    <Shell navigation={navigation} context={<Whose tenant={tenant} />} searched={tenant}>
      <TenantProvider id={tenant}>
        <Suspense fallback={<Loading rows={6} />}>
          <Switch>
            <Route path="/" component={Overview} />
            <Route path="/endpoints" component={Endpoints} />
            <Route path="/endpoints/new" component={NewEndpoint} />
            <Route path="/endpoints/:endpoint/:tab?">
              {({ endpoint, tab }) => <Endpoint key={endpoint} id={endpoint} tab={tab ?? 'deliveries'} />}
            </Route>
            <Route path="/events" component={Events} />
            <Route path="/events/new" component={SendEvent} />
            <Route path="/events/:event">{({ event }) => <Event key={event} id={event} />}</Route>
            <Route path="/deliveries/:delivery?">
              {({ delivery }) => <Deliveries selected={delivery ?? null} />}
            </Route>
            <Route path="/event-types" component={EventTypes} />
            <Route path="/event-types/new">
              <EditEventType name={null} />
            </Route>
            <Route path="/event-types/:name">{({ name }) => <EventType key={name} name={name} />}</Route>
            <Route path="/event-types/:name/edit">
              {({ name }) => <EditEventType key={name} name={name} />}
            </Route>
            <Route path="/activity">
              <OwnActivity />
            </Route>
            <Route path="/settings" component={Settings} />
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </TenantProvider>
    </Shell>
  );
}

const OwnActivity = () => <Activity tenant={useTenant().id} />;

/** Whose pages these are; an operator finds the way back to all tenants here. */
function Whose({ tenant }: { tenant: string }) {
  const { shell } = useTexts();
  const { can } = useViewer();
  return (
    <div className="stack-tight">
      {can('admin') && <Link href="~/dashboard/tenants">{shell.tenants}</Link>}
      <TenantName id={tenant} />
    </div>
  );
}
