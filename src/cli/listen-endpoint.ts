/** The endpoint that leads to `tidings listen`: made at its start, removed at its end, and by the next one where it was killed. */
import { hostname } from 'node:os';
import { z } from 'zod';
import type { Knows } from '../demo/verify.ts';
import { ifAlive, whoIs } from '../embedded/lock-file.ts';
import { ApiError, callApi, callPages } from './api.ts';
import { type Connection, segment } from './connection.ts';
import { warn } from './output.ts';

export type Lead = {
  id: string;
  verifier: { profile: string; knows: Knows };
  /** Says so where it cannot: this is the way out. */
  remove(): Promise<void>;
};

const tenantAnswer = z.looseObject({ profile: z.string() });
const endpoint = z.looseObject({ id: z.string(), description: z.string().nullish() });
const created = endpoint.extend({ secret: z.string().nullish() });
const none = z.unknown();

/**
 * Makes the tenant's endpoint, and learns from it how to verify.
 * @param authorization sent as the endpoint's `Authorization`, and expected
 * @throws ApiError when the tenant is not there, or its profile does not allow such an endpoint
 */
export async function makeLeadHere(
  connection: Connection,
  tenant: string,
  here: string,
  authorization: string | undefined,
): Promise<Lead> {
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

/** By its description an endpoint says which process it leads to. */
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
