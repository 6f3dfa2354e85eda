/** The request that starts a workflow for a group of deliveries. */
import { randomUUID } from 'node:crypto';
import type { Lane } from '../domain/lane.ts';
import type { DispatchableDelivery } from '../store/leases.ts';
import type { StartRequest } from '../temporal/engine.ts';

/** Temporal refuses a start with a keyword that is much longer. */
const MAX_KEYWORD = 200;

/** @param events number of distinct events among the rows */
export function startRequest(rows: DispatchableDelivery[], lane: Lane, events: number): StartRequest {
  const [first] = rows;
  if (first === undefined) throw new Error('A workflow needs a delivery');
  const types = [...new Set(rows.map((row) => row.eventType))];
  // Ids without hosts, because the summary stands in a history, which an erasure does not reach.
  const endpoints = [...new Set(rows.map((row) => row.endpointId))];
  const named = (values: string[], noun: string) =>
    values.length === 1 ? values[0] : `${values.length} ${noun}`;
  const what = events === 1 ? first.eventType : `${rows.length} deliveries of ${named(types, 'event types')}`;
  const byEndpoint = endpoints.map((endpointId) =>
    rows.filter((row) => row.endpointId === endpointId).map((row) => row.id),
  );
  return {
    workflowId: workflowIdFor(rows, events === 1),
    input: {
      groups: lane === 'suspect' ? byEndpoint : [rows.map((row) => row.id)],
      ...(lane === 'quick' && { quick: true }),
    },
    tenantIds: rows.map((row) => row.tenantId),
    endpointIds: rows.map((row) => row.endpointId),
    eventTypes: types.map((type) => type.slice(0, MAX_KEYWORD)),
    summary: `${what} → ${named(endpoints, 'endpoints')}`,
  };
}

/**
 * `evt_…`, the id of the event, for a whole event that no workflow can have yet, so that a repeated start makes no second workflow. Every other group
 * gets a random id: two workflows may then hold the same delivery, and its claim decides which of them sends it.
 */
function workflowIdFor(rows: DispatchableDelivery[], isOneEvent: boolean): string {
  const [first] = rows;
  if (first === undefined || !isOneEvent) return `events_${randomUUID()}`;
  const name = first.eventIdIsOurs ? first.eventId : `${first.tenantId}_${first.eventId}`;
  const isWhole = rows.length === first.siblings && rows.every((row) => !row.offeredBefore);
  return isWhole ? name : `${name}_${randomUUID().slice(0, 8)}`;
}
