/** The tenants and endpoints of a scenario, made as customers make them. */
import type { Load, Target } from './load.ts';
import type { WarmUpStream } from './measure.ts';
import type { Bench } from './scenario.ts';
import type { Stack } from './stack.ts';

export const EVENT_TYPE = 'lesson.completed';
const WARM_UP_EVENTS = 1_000;

/** Calls the API with the admin key. @throws Error with what it answers when it refuses */
async function call(stack: Stack, method: string, path: string, body: object): Promise<{ id: string }> {
  const answer = await fetch(stack.url + path, {
    method,
    headers: { 'x-api-key': stack.adminKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as { id: string };
}

type Running = { stack: Stack; load: Load };

/**
 * A tenant with endpoints that want everything.
 * @param options.group default `ok`
 * @param options.url where it is not the load's
 * @returns where its events go
 */
export async function tenant(
  { stack, load }: Running,
  options: { group?: string; endpoints: number; url?: string; settings?: object },
): Promise<Target> {
  const { group = 'ok', endpoints, url, settings = {} } = options;
  const { id } = await call(stack, 'POST', '/v1/tenants', { name: 'Bench' });
  for (let number = 0; number < endpoints; number += 1) {
    await call(stack, 'POST', `/v1/tenants/${id}/endpoints`, {
      url: url ?? load.endpointUrl(group, number),
      ...settings,
    });
  }
  return { path: `/v1/tenants/${id}/events`, type: EVENT_TYPE };
}

/**
 * A tenant whose endpoints want a type of event each, so that an event goes to one of them.
 * @param groups how many endpoints, by group
 * @returns where events go, by group
 */
export async function tenantOfTypes<Group extends string>(
  { stack, load }: Running,
  groups: Record<Group, number>,
): Promise<Record<Group, Target[]>> {
  const { id } = await call(stack, 'POST', '/v1/tenants', { name: 'Bench' });
  const targets = Object.fromEntries(Object.keys(groups).map((group) => [group, []])) as unknown as Record<
    Group,
    Target[]
  >;
  for (const [group, endpoints] of Object.entries(groups) as [Group, number][]) {
    for (let number = 0; number < endpoints; number += 1) {
      const type = `${group}.lesson_${number}`;
      await call(stack, 'POST', `/v1/tenants/${id}/endpoints`, {
        url: load.endpointUrl(group, number),
        event_types: [type],
      });
      targets[group].push({ path: `/v1/tenants/${id}/events`, type });
    }
  }
  return targets;
}

/** A burst through these targets, as a service that has been running for a while has seen. `copies`: deliveries an event */
export const warmUpStream = ({ size }: Bench, targets: Target[], copies = 1): WarmUpStream => ({
  name: 'warm-up',
  targets,
  copies,
  emitters: 32,
  events: Math.max(size(Math.ceil(WARM_UP_EVENTS / copies)), 3 * targets.length),
});
