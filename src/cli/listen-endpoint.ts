/** Temporary endpoint of `tidings listen`: created at its start and removed at its end. After a kill, the next one on this machine removes it. */
import { hostname } from 'node:os';
import { z } from 'zod';
import type { Knows } from '../demo/verify.ts';
import { ifAlive, whoIs } from '../embedded/lock-file.ts';
import { ApiError, callApi, callPages } from './api.ts';
import { type Connection, segment } from './connection.ts';
import { warn } from './output.ts';

export type ListenEndpoint = {
  id: string;
  verifier: { profile: string; knows: Knows };
  /** Warns when it cannot be removed. Never throws, because it runs at the end of the command. */
  remove(): Promise<void>;
};

const tenantAnswer = z.looseObject({ profile: z.string() });
const endpoint = z.looseObject({ id: z.string(), description: z.string().nullish() });
const created = endpoint.extend({ secret: z.string().nullish() });
const none = z.unknown();

/**
 * Creates the tenant's endpoint, and takes from it what is needed to verify requests.
 * @param authorization the endpoint's `Authorization`, which every request must have
 * @throws ApiError when the tenant is not there, or its profile does not allow such an endpoint
 */
export async function createListenEndpoint(
  connection: Connection,
  tenant: string,
  here: string,
  authorization: string | undefined,
): Promise<ListenEndpoint> {
  const base = `/v1/tenants/${segment('tenant', tenant)}`;
  const { profile } = await callApi(connection, { method: 'GET', path: base }, tenantAnswer);
  await removeForgotten(connection, `${base}/endpoints`);
  const body = JSON.stringify({
    url: here,
    description: mark(),
    ...(authorization !== undefined && { auth: { type: 'authorization', value: authorization } }),
  });
  const made = await callApi(connection, { method: 'POST', path: `${base}/endpoints`, body }, created);
  const path = `${base}/endpoints/${made.id}`;
  return {
    id: made.id,
    verifier: { profile, knows: { secret: made.secret ?? undefined, authorization } },
    async remove() {
      try {
        await callApi(connection, { method: 'DELETE', path }, none);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return;
        warn`The endpoint ${made.id} could not be removed: ${(error as Error).message} The next tidings listen --tenant ${tenant} on this machine removes it.`;
        process.exitCode = 1;
      }
    },
  };
}

/** Description of the endpoint, which names the process that it leads to. */
const mark = () => `tidings listen on ${hostname()}, process ${whoIs(process.pid).trim()}`;

/** Removes the endpoints of processes on this machine that have ended without doing so. */
async function removeForgotten(connection: Connection, endpoints: string): Promise<void> {
  const ours = `tidings listen on ${hostname()}, process `;
  for await (const { id, description } of callPages(connection, endpoints, endpoint)) {
    if (!description?.startsWith(ours) || ifAlive(description.slice(ours.length)) !== null) continue;
    await callApi(connection, { method: 'DELETE', path: `${endpoints}/${id}` }, none);
    warn`Removed ${id}, which led to a tidings listen that was killed.`;
  }
}
