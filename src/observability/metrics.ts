/**
 * Prometheus metrics of a process: counters, histograms and gauges. No tenant, endpoint or id is a label: their number has no
 * bound, and anybody may read the page.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { HELD_REASONS, UNENDED_STATUSES } from '../domain/delivery.ts';
import { ATTEMPT_ERRORS, type AttemptErrorCode } from '../domain/errors.ts';
import { LANES } from '../domain/lane.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** In seconds, up to the longest timeout of an endpoint. */
const ATTEMPT_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const REQUEST_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const ENDPOINT_STATES = ['enabled', 'failing', 'stalled', 'disabled'] as const;
const STORAGE_USERS = ['api', 'activity', 'dispatcher', 'metrics'] as const;

/** Codes of deliveries that ended without a request: no attempt ends with one. */
const NEVER_TRIED: readonly string[] = ['endpoint_disabled', 'endpoint_deleted'];

/** Has a registry of its own, for several services may run in one process. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return { registry, ...counters(registry), ...histograms(registry), ...gauges(registry) };
}

/** Counters of this process since its start. Every label value that is known beforehand begins at 0. */
function counters(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const attempts = counter('tidings_attempts_total', 'Attempts, by how they ended.', 'outcome');
  const dispatched = counter('tidings_dispatch_workflows_total', 'Workflows started, by lane.', 'lane');
  const storageErrors = counter(
    'tidings_storage_errors_total',
    'Times that the database could not be reached when it was needed, by who needed it.',
    'part',
  );
  const taskFailures = counter(
    'tidings_task_failures_total',
    'Rounds of periodic tasks that have failed, by task. Each is tried again.',
    'task',
  );
  const outcomes = Object.keys(ATTEMPT_ERRORS).filter((code) => !NEVER_TRIED.includes(code));
  for (const outcome of ['succeeded', ...outcomes]) attempts.inc({ outcome }, 0);
  for (const lane of LANES) dispatched.inc({ lane }, 0);
  for (const part of STORAGE_USERS) storageErrors.inc({ part }, 0);
  return {
    eventsAccepted: counter(
      'tidings_events_accepted_total',
      'Events that were accepted; a repeated request accepts none.',
    ),
    deliveriesAccepted: counter(
      'tidings_deliveries_accepted_total',
      'Deliveries that accepted events have made.',
    ),
    httpRequests: counter(
      'tidings_http_requests_total',
      'Requests to the API, by route pattern.',
      'route',
      'method',
      'status',
    ),
    // Without labels it begins at 0, so that an alert sees the first one. tidings_http_requests_total has the route.
    internalErrors: counter(
      'tidings_internal_errors_total',
      'Requests that were answered with 500: each is a mistake in Tidings.',
    ),
    notices: counter(
      'tidings_notices_total',
      'Messages to people, by channel and what came of them: sent, refused for good, deferred by the recipient, or failed.',
      'channel',
      'result',
    ),
    attempts: attempts as Counter<'outcome'>,
    dispatched,
    storageErrors,
    taskFailures,
  };
}

function histograms(registry: Registry) {
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: Label[]
  ) => new Histogram({ name, help, buckets, labelNames, registers: [registry] });
  return {
    httpDuration: histogram(
      'tidings_http_request_duration_seconds',
      'How long requests to the API took.',
      REQUEST_BUCKETS,
      'route',
      'method',
    ),
    attemptDuration: histogram(
      'tidings_attempt_duration_seconds',
      'How long attempts took, from name resolution to the end of the response.',
      ATTEMPT_BUCKETS,
    ),
    deliveryLatency: histogram(
      'tidings_delivery_latency_seconds',
      'From acceptance to the end of the first attempt, where that succeeded.',
      LATENCY_BUCKETS,
    ),
  };
}

/** Gauges, read when the page is asked for. Those about the database are the same in every process: take the maximum. */
function gauges(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const sameEverywhere = 'Ask for the maximum: each process reports the same.';
  return {
    queueAge: gauge(
      'tidings_queue_age_seconds',
      `Age of the oldest delivery that is due and that no workflow has taken. ${sameEverywhere}`,
    ),
    deliveries: gauge(
      'tidings_deliveries',
      `Deliveries that have not ended. ${sameEverywhere}`,
      'status',
      'held_reason',
    ),
    endpoints: gauge(
      'tidings_endpoints',
      `Endpoints by state: disabled, else stalled, else failing, else enabled. ${sameEverywhere}`,
      'state',
    ),
    databaseUp: gauge('tidings_database_up', 'Whether the database answers this process.'),
    temporalUp: gauge('tidings_temporal_up', 'Whether Temporal answers this process.'),
    workerPolling: gauge(
      'tidings_worker_polling',
      'Whether workers poll: this process has one and it does, or Temporal sees others.',
    ),
  };
}

/** The series of `tidings_deliveries`: one for each status, and for `held` one for each reason. */
export const DELIVERY_SERIES: readonly { status: string; held_reason?: string }[] = [
  // Ended ones are not counted: their number only grows.
  ...UNENDED_STATUSES.filter((status) => status !== 'held').map((status) => ({ status })),
  ...HELD_REASONS.map((reason) => ({ status: 'held', held_reason: reason })),
];

/** The label for an attempt's outcome. */
export const outcomeOf = (error: AttemptErrorCode | null) => error ?? 'succeeded';
