/**
 * Search: finds things by what a person has at hand, such as an id, the beginning of a name, a URL or an idempotency key. Every way of looking
 * follows an index and reads so many rows at most, so a search costs the same however much there is.
 */
import { maskUrl } from '../domain/endpoint.ts';
import { parameters } from './parameters.ts';
import { type Db, snapshot, WALK_IN_ORDER } from './pool.ts';
import { afterPrefix } from './prefixes.ts';
import { ALIASES, OWN_IDS, type OwnIdKind } from './search-ids.ts';

/** Hits of each way of looking. */
export const MAX_HITS = 10;
/** A tenant may have 100 endpoints. The bound holds where more were made otherwise. */
const MAX_ENDPOINTS = 200;
/** Characters of a masked URL that its index holds. */
const INDEXED_URL = 200;

export type HitKind = OwnIdKind | 'tenant' | 'event' | 'event_type' | 'operation';

export type Hit = {
  kind: HitKind;
  id: string;
  /** `null`: it belongs to no tenant */
  tenantId: string | null;
  title: string;
  matched: 'id' | 'external_id' | 'name' | 'url' | 'host' | 'idempotency_key';
  /** whether it is what was asked for, not only its beginning */
  exact: boolean;
  deleted: boolean;
};

/** One way of looking. `kind` and `matched` say of what, and by what. */
export type Finder = Pick<Hit, 'kind' | 'matched'> & { text: string; values: unknown[] };

/** What is looked for: the text, and whose things are looked through; `tenantId` `null`: everybody's. */
export type Sought = { q: string; tenantId: string | null };

/** The ways of looking for a text. A function of its own, so that a test can check their plans. */
export function finders({ q, tenantId }: Sought): Finder[] {
  return [
    ...idFinders(q, tenantId),
    ...eventFinders(q, tenantId),
    ...tenantFinders(q, tenantId),
    ...endpointFinders(q, tenantId),
    eventTypeFinder(q, tenantId),
  ];
}

function finder(
  kind: HitKind,
  matched: Hit['matched'],
  build: (add: (value: unknown) => string) => string,
): Finder {
  const { values, add } = parameters();
  return { kind, matched, text: build(add), values };
}

/**
 * Rows whose column begins with `q`, in its order: a range of whole keys, which only the index with these keys can serve, whatever the
 * statistics say.
 */
function range(add: (value: unknown) => string, column: string, q: string, tenantId: string | null): string {
  if (tenantId === null)
    return `${column} >= ${add(q)} and ${column} < ${add(afterPrefix(q))} order by ${column} limit ${MAX_HITS}`;
  const tenant = add(tenantId);
  return `(tenant_id, ${column}) >= (${tenant}, ${add(q)}) and (tenant_id, ${column}) < (${tenant}, ${add(afterPrefix(q))})
    order by tenant_id, ${column} limit ${MAX_HITS}`;
}

function idFinders(q: string, tenantId: string | null): Finder[] {
  const [theirs = '', ours = ''] = ALIASES.find(([prefix]) => q.startsWith(prefix)) ?? [];
  const id = ours + q.slice(theirs.length);
  const found = OWN_IDS.filter(({ prefix }) => id.startsWith(prefix)).flatMap(
    ({ kind, table, title, gone, partial = ['true'] }) =>
      (tenantId === null ? ['true'] : partial).map((only) =>
        finder(
          kind,
          'id',
          (
            add,
          ) => `select id, tenant_id as "tenantId", ${title} as title, id = ${add(id)} as exact, ${gone} as deleted
            from ${table} where ${only} and ${range(add, 'id', id, tenantId)}`,
        ),
      ),
  );
  if (!id.startsWith('op_')) return found;
  const operation = finder(
    'operation',
    'id',
    (
      add,
    ) => `select id, tenant_id as "tenantId", kind as title, true as exact, false as deleted from operations
      where id = ${add(id)} and (${add(tenantId)}::text is null or tenant_id = ${add(tenantId)})`,
  );
  return [...found, operation];
}

const EVENT = `select id, tenant_id as "tenantId", type as title`;

function eventFinders(q: string, tenantId: string | null): Finder[] {
  return [
    finder(
      'event',
      'id',
      (add) => `${EVENT}, id = ${add(q)} as exact, false as deleted
        from events where ${range(add, 'id', q, tenantId)}`,
    ),
    finder('event', 'idempotency_key', (add) => {
      const mine = tenantId === null ? '' : `tenant_id = ${add(tenantId)} and`;
      return `select e.id, e.tenant_id as "tenantId", e.type as title, true as exact, false as deleted
        from (select tenant_id, event_ids from idempotency_keys where ${mine} key = ${add(q)} limit ${MAX_HITS}) k
        cross join lateral unnest(k.event_ids[1:${MAX_HITS}]) with ordinality u (id, position)
        cross join lateral (select * from events where tenant_id = k.tenant_id and id = u.id offset 0) e limit ${MAX_HITS}`;
    }),
  ];
}

const TENANT = `select id, id as "tenantId", name as title`;

function tenantFinders(q: string, tenantId: string | null): Finder[] {
  if (tenantId !== null) {
    return [
      finder(
        'tenant',
        'name',
        (
          add,
        ) => `${TENANT}, (id = ${add(q)} or external_id = ${add(q)} or lower(name) = lower(${add(q)}::text)) as exact, false as deleted
          from tenants where id = ${add(tenantId)} and (starts_with(id, ${add(q)}) or starts_with(external_id, ${add(q)})
            or starts_with(lower(name), lower(${add(q)}::text)))`,
      ),
    ];
  }
  const named = `lower(name) collate "C"`;
  return [
    ...(q.startsWith('ten_')
      ? [
          finder(
            'tenant',
            'id',
            (add) => `${TENANT}, id = ${add(q)} as exact, deleted_at is not null as deleted
              from tenants where ${range(add, 'id', q, null)}`,
          ),
        ]
      : []),
    finder('tenant', 'external_id', (add) => {
      const column = 'external_id collate "C"';
      return `${TENANT}, external_id = ${add(q)} as exact, false as deleted from tenants
        where deleted_at is null and ${range(add, column, q, null)}`;
    }),
    finder(
      'tenant',
      'name',
      (add) => `${TENANT}, lower(name) = lower(${add(q)}::text) as exact, false as deleted from tenants
        where deleted_at is null and not is_operator
          and ${named} >= lower(${add(q)}::text) and ${named} < lower(${add(q)}::text) || ${add(afterPrefix(''))}
        order by ${named}, id limit ${MAX_HITS}`,
    ),
  ];
}

const ENDPOINT = `select id, tenant_id as "tenantId", masked_url as title`;

function endpointFinders(q: string, tenantId: string | null): Finder[] {
  const url = urlOf(q);
  const host = hostOf(q);
  const of = (matched: 'url' | 'host', full: string, indexed: string, sought: string) =>
    finder('endpoint', matched, (add) => {
      const exact = `${full} = ${add(sought)} as exact, false as deleted`;
      const begins = `starts_with(${full}, ${add(sought)})`;
      if (tenantId !== null) {
        return `${ENDPOINT}, ${exact} from (select * from endpoints where deleted_at is null and tenant_id = ${add(tenantId)}
          order by id desc limit ${MAX_ENDPOINTS}) mine where ${begins} limit ${MAX_HITS}`;
      }
      const key = sought.slice(0, INDEXED_URL);
      return `${ENDPOINT}, ${exact} from (select * from endpoints where deleted_at is null
          and ${indexed} >= ${add(key)} and ${indexed} < ${add(afterPrefix(key))} order by ${indexed} limit ${MAX_ENDPOINTS}) near
        where ${begins} limit ${MAX_HITS}`;
    });
  return [
    ...(url === null ? [] : [of('url', 'masked_url', `left(masked_url, ${INDEXED_URL}) collate "C"`, url)]),
    ...(host === null ? [] : [of('host', 'host', 'host collate "C"', host)]),
  ];
}

/** The URL as it is stored, its query masked; `null`: the text is none. */
function urlOf(q: string): string | null {
  const typed = /^https?:\/\//i.test(q) ? q : q.includes('/') ? `https://${q}` : null;
  if (typed === null || !URL.canParse(typed)) return null;
  const url = new URL(typed);
  url.hash = '';
  // Somebody may be about to type the rest of the host's name.
  const isWhole = typed.indexOf('/', typed.indexOf('//') + 2) >= 0 || url.search !== '';
  return isWhole ? maskUrl(url.href) : url.href.replace(/\/$/, '');
}

/** The host as it is stored, in ASCII, with its port unless that is the usual one; `null`: the text can be none. */
function hostOf(q: string): string | null {
  if (/[\s/?#@]/.test(q) || !URL.canParse(`https://${q}`)) return null;
  return new URL(`https://${q}`).host;
}

const eventTypeFinder = (q: string, tenantId: string | null): Finder =>
  finder(
    'event_type',
    'name',
    (
      add,
    ) => `select name as id, tenant_id as "tenantId", name as title, name = ${add(q)} as exact, false as deleted
      from event_types where ${range(add, 'name', q, tenantId)}`,
  );

/**
 * Looks for a text in every way.
 * @param kinds what may be found
 * @returns hits, each thing once, those that are exactly what was asked for first
 */
export async function search(db: Db, sought: Sought, kinds: ReadonlySet<HitKind>): Promise<Hit[]> {
  const found = await snapshot(db, async (client) => {
    await client.query(WALK_IN_ORDER);
    const hits: Hit[] = [];
    for (const { kind, matched, text, values } of finders(sought)) {
      if (!kinds.has(kind)) continue;
      const { rows } = await client.query<Omit<Hit, 'kind' | 'matched'>>(text, values);
      hits.push(
        ...rows.map((row) => ({ ...row, title: row.title ?? '', exact: row.exact ?? false, kind, matched })),
      );
    }
    return hits;
  });
  const first = new Map<string, Hit>();
  for (const hit of [...found].sort((a, b) => Number(b.exact) - Number(a.exact))) {
    const key = `${hit.kind} ${hit.tenantId} ${hit.id}`;
    if (!first.has(key)) first.set(key, hit);
  }
  return [...first.values()];
}
