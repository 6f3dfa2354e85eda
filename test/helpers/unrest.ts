/**
 * Unrest: tenants, event types, endpoints, keys and secrets are made, changed and taken away, as quickly as it goes, while
 * others emit. Every answer is as it must be, or it is kept as unexpected.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, apiClient } from './service.ts';

export type Unrest = {
  /** how many answers of each status there were to emits */
  emits: Record<string, number>;
  /** how often each kind of change was made */
  changes: Record<string, number>;
  /** in words, those answers that nothing has provoked */
  unexpected: string[];
  /** ids of the events that were accepted, by tenant */
  accepted: Map<string, string[]>;
  /** the tenant that nobody touches */
  calm: string;
};

const MAX_TYPES = 150;

type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

/**
 * @param service.url of the API
 * @param service.receiverUrl where everything is sent to
 * @param options.tolerates statuses that a fault explains, beside the expected ones
 * @param options.emitters emits under way at every moment for a tenant that nobody touches
 * @returns what has happened so far, and what ends it: everything that it has begun is answered by then
 */
export async function startUnrest(
  service: { url: string; receiverUrl: string },
  options: { tolerates?: (answer: Answer | null) => boolean; emitters?: number; pauseMs?: number } = {},
): Promise<{ unrest: Unrest; end(): Promise<void> }> {
  const { tolerates = () => false, emitters = 8, pauseMs = 0 } = options;
  const admin = apiClient(service.url);
  const unrest: Unrest = { emits: {}, changes: {}, unexpected: [], accepted: new Map(), calm: '' };
  let isOver = false;

  async function ask(what: string, expected: number, send: () => Promise<Answer>): Promise<Answer | null> {
    const answer = await send().catch(() => null);
    if (what.startsWith('emit')) {
      const status = String(answer?.status ?? 'no answer');
      unrest.emits[status] = (unrest.emits[status] ?? 0) + 1;
    } else unrest.changes[what] = (unrest.changes[what] ?? 0) + 1;
    if (answer?.status === expected) return answer;
    if (!tolerates(answer)) unrest.unexpected.push(`${what}: ${answer?.status} ${answer?.text}`);
    return null;
  }

  async function emit(
    call: Call,
    tenant: { id: string; external_id?: string },
    what = 'emit',
    expected = 202,
  ) {
    const named = what === 'emit' && tenant.external_id ? tenant.external_id : tenant.id;
    const answer = await ask(what, expected, () =>
      call('POST', `/v1/tenants/${named}/events`, { type: 'a.b', data: { n: 1 } }),
    );
    if (answer?.status !== 202) return;
    unrest.accepted.set(tenant.id, [...(unrest.accepted.get(tenant.id) ?? []), answer.body.id]);
  }
  /** Until it is made: without it there is nothing to do. The body anew each time, for the first may have been there. */
  const make = async (what: string, path: string, body: () => object) => {
    for (;;) {
      const made = await ask(what, 201, () => admin('POST', path, body()));
      if (made !== null || isOver) return made?.body;
      await sleep(100);
    }
  };
  const subscribe = (tenant: string) =>
    make('endpoint made', `/v1/tenants/${tenant}/endpoints`, () => ({ url: service.receiverUrl }));
  const newTenant = () =>
    make('tenant made', '/v1/tenants', () => ({ name: 'New', external_id: `new-${randomUUID()}` }));
  const newKey = (tenant: string) =>
    make('key made', '/v1/keys', () => ({ kind: 'tenant', tenant, scopes: ['emit'] }));

  const calm = await newTenant();
  unrest.calm = calm.id;
  await subscribe(calm.id);
  const calmCall = apiClient(service.url, (await newKey(calm.id)).key);
  const restless = await newTenant();
  const restlessEndpoint = await subscribe(restless.id);
  let n = 0;
  let types = 0;

  const loops: (() => Promise<unknown>)[] = [
    ...Array.from({ length: emitters }, (_, at) => () => emit(calmCall, at % 2 ? calm : { id: calm.id })),
    () => emit(admin, restless),
    () => ask('tenant changed', 200, () => admin('PATCH', `/v1/tenants/${restless.id}`, { name: `R${n++}` })),
    async () => {
      const tenant = await newTenant();
      if (tenant === undefined) return;
      await subscribe(tenant.id);
      await emit(admin, tenant);
      const deleted = await ask('tenant deleted', 204, () => admin('DELETE', `/v1/tenants/${tenant.id}`));
      if (deleted !== null) await emit(admin, tenant, 'emit for a deleted tenant', 404);
    },
    async () => {
      // A tenant may have so many.
      if (types >= MAX_TYPES) return sleep(100);
      await make('event type made', `/v1/tenants/${restless.id}/event-types`, () => ({
        name: `type.n${types++}`,
        description: 'One more',
        schema: { type: 'object' },
        example: {},
      }));
    },
    async () => {
      const endpoint = await subscribe(restless.id);
      if (endpoint === undefined) return;
      const path = `/v1/tenants/${restless.id}/endpoints/${endpoint.id}`;
      await ask('endpoint changed', 200, () => admin('PATCH', path, { description: `D${n++}` }));
      await ask('endpoint deleted', 204, () => admin('DELETE', path));
    },
    () =>
      ask('secret rotated', 200, () =>
        admin('POST', `/v1/tenants/${restless.id}/endpoints/${restlessEndpoint.id}/secret/rotate`, {
          overlap_seconds: 0,
        }),
      ),
    async () => {
      const key = await newKey(calm.id);
      if (key === undefined) return;
      const call = apiClient(service.url, key.key);
      await emit(call, calm);
      const revoked = await ask('key revoked', 204, () => admin('DELETE', `/v1/keys/${key.id}`));
      if (revoked !== null) await emit(call, calm, 'emit with a revoked key', 401);
    },
  ];
  const running = loops.map(async (loop) => {
    while (!isOver) {
      await loop();
      await sleep(pauseMs);
    }
  });
  return {
    unrest,
    async end() {
      isOver = true;
      await Promise.all(running);
    },
  };
}
