/** The tenants and endpoints of a scenario, made as customers make them. */

export const EVENT_TYPE = 'lesson.completed';
const WARM_UP_EVENTS = 1_000;

/** Calls the API with the admin key. @throws Error with what it answers when it refuses */
async function call(stack, method, path, body) {
  const answer = await fetch(stack.url + path, {
    method,
    headers: { 'x-api-key': stack.adminKey, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}

/**
 * A tenant with endpoints that want everything.
 * @param {{ stack: import('./stack.js').Stack, load: object }} bench
 * @param {{ group?: string, endpoints: number, url?: string, settings?: object }} options `url` where it is not the load's
 * @returns {Promise<{ path: string, type: string }>} where its events go
 */
export async function tenant({ stack, load }, { group = 'ok', endpoints, url, settings = {} }) {
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
 * @param {{ stack: import('./stack.js').Stack, load: object }} bench
 * @param {Record<string, number>} groups how many endpoints, by group
 * @returns {Promise<Record<string, { path: string, type: string }[]>>} where events go, by group
 */
export async function tenantOfTypes({ stack, load }, groups) {
  const { id } = await call(stack, 'POST', '/v1/tenants', { name: 'Bench' });
  const targets = {};
  for (const [group, endpoints] of Object.entries(groups)) {
    targets[group] = [];
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
export const warmUpStream = ({ size }, targets, copies = 1) => ({
  name: 'warm-up',
  targets,
  copies,
  emitters: 32,
  events: Math.max(size(Math.ceil(WARM_UP_EVENTS / copies)), 3 * targets.length),
});
