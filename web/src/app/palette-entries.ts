/** Entries of the command palette: pages, actions, and what was found, each with its place. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../context/api.tsx';
import { useViewer } from '../context/session.tsx';
import { useTenantNames } from '../context/tenant-names.ts';
import type { IconName } from '../parts/icon.tsx';
import { useTexts } from '../texts/index.ts';

export type Entry = {
  key: string;
  icon: IconName;
  title: string;
  /** what kind of thing it is, and its id */
  detail?: string;
  href: string;
};

const ICONS: Record<Schemas['SearchHit']['type'], IconName> = {
  tenant: 'tenants',
  endpoint: 'endpoint',
  event: 'event',
  delivery: 'delivery',
  event_type: 'catalogue',
  operation: 'activity',
  operational_event: 'activity',
  key: 'gear',
  session: 'gear',
  portal_session: 'gear',
};

/** Pages and actions. @param tenant whose pages are shown; `null`: those of all */
export function usePages(tenant: string | null): Entry[] {
  const { shell, palette: texts } = useTexts();
  const { can } = useViewer();
  const page = (href: string, icon: IconName, title: string): Entry => ({ key: href, icon, title, href });
  if (tenant === null) {
    return [
      page('/', 'overview', shell.overview),
      page('/tenants', 'tenants', shell.tenants),
      page('/deliveries', 'delivery', shell.deliveries),
      page('/activity', 'activity', shell.activity),
      page('/settings', 'gear', shell.settings),
      page('/tenants/new', 'plus', texts.createTenant),
    ];
  }
  return [
    page('/', 'overview', shell.overview),
    page('/endpoints', 'endpoint', shell.endpoints),
    page('/events', 'event', shell.events),
    page('/deliveries', 'delivery', shell.deliveries),
    page('/event-types', 'catalogue', shell.eventTypes),
    ...(can('endpoints')
      ? [page('/activity', 'activity', shell.activity), page('/settings', 'gear', shell.settings)]
      : []),
    ...(can('endpoints') ? [page('/endpoints/new', 'plus', texts.createEndpoint)] : []),
    ...(can('emit') ? [page('/events/new', 'send', texts.sendEvent)] : []),
    ...(can('admin') ? [page('~/dashboard/tenants', 'tenants', shell.tenants)] : []),
  ];
}

/**
 * What is found.
 * @param q what is sought; nothing is asked for an empty one
 * @param tenant where it is sought; an operator's search goes on in all tenants when this one has nothing
 */
export function useHits(q: string, tenant: string | null) {
  const api = useApi();
  const { can } = useViewer();
  const isOperator = can('admin');
  return useQuery({
    queryKey: ['search', q, tenant],
    enabled: q !== '',
    queryFn: async () => {
      const find = (query: { q: string; tenant?: string }) =>
        dataOf(api.GET('/v1/search', { params: { query } }));
      if (tenant === null) return find({ q });
      const own = await find({ q, tenant });
      return own.items.length === 0 && isOperator ? find({ q }) : own;
    },
  });
}

export function useHitEntries(hits: readonly Schemas['SearchHit'][], shown: string | null): Entry[] {
  const { palette: texts } = useTexts();
  const { can } = useViewer();
  const tenants = useTenantNames(can('admin') && hits.length > 0);
  const tenantOf = ({ type, tenant_id: id }: Schemas['SearchHit']) =>
    id === null || type === 'tenant' || !can('admin') ? '' : (tenants.get(id) ?? id);
  return hits
    .toSorted((a, b) => Number(b.exact) - Number(a.exact))
    .map((hit) => ({
      key: `${hit.type} ${hit.tenant_id} ${hit.id}`,
      icon: ICONS[hit.type],
      title: hit.title,
      detail: [
        texts.kinds[hit.type],
        tenantOf(hit),
        hit.title === hit.id ? '' : hit.id,
        hit.deleted ? texts.deleted : '',
      ]
        .filter(Boolean)
        .join(' · '),
      href: hrefOf(hit, can('admin') ? (hit.tenant_id ?? shown) : undefined),
    }));
}

/** An event type that is in no catalogue has deliveries all the same. */
export function useTypeEntry(q: string): Entry[] {
  const { palette: texts } = useTexts();
  if (!/^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(q)) return [];
  const href = `/deliveries?event_type=${encodeURIComponent(q)}`;
  return [{ key: href, icon: 'delivery', title: texts.deliveriesOf(q), href }];
}

/** An id of something that is no more: the activity tells of it for as long as it is kept. @param q what was sought and not found */
export function useActivityEntry(q: string): Entry[] {
  const { palette: texts } = useTexts();
  const { can } = useViewer();
  if (!can('manage') || !/^[a-z]{2,4}_[0-9a-z]{26}$/.test(q)) return [];
  const href = `${can('admin') ? '~/dashboard' : ''}/activity?object_id=${q}`;
  return [{ key: href, icon: 'activity', title: texts.inActivity(q), href }];
}

/** @param tenant whose pages an operator is led to, `null`: those of all; `undefined`: the viewer sees one tenant alone */
function hrefOf({ type, id, deleted }: Schemas['SearchHit'], tenant: string | null | undefined): string {
  const base =
    tenant === undefined
      ? ''
      : tenant === null
        ? '~/dashboard'
        : `~/dashboard/tenants/${encodeURIComponent(tenant)}`;
  // Of what is deleted, the audit log tells.
  if (deleted) return `${tenant == null ? base : '~/dashboard'}/activity?object_id=${id}`;
  switch (type) {
    case 'tenant':
      return `${base}/`;
    case 'endpoint':
      return `${base}/endpoints/${id}`;
    case 'event':
      return `${base}/events/${encodeURIComponent(id)}`;
    case 'delivery':
      return `${base}/deliveries/${id}`;
    case 'event_type':
      return tenant === null ? '~/dashboard/tenants' : `${base}/event-types/${encodeURIComponent(id)}`;
    case 'operation':
      return `${base}/activity?object_id=${id}`;
    case 'operational_event':
      return `${base}/activity?show=events`;
    case 'key':
    case 'session':
    case 'portal_session':
      return `${base}/settings`;
  }
}
