/** `…/metrics`: attempts and deliveries over time, of a tenant and of all. */
import { z } from 'zod';
import { type Range, rangeOf } from '../../domain/attempt-metrics.ts';
import { clockOffsetMs } from '../../domain/clock.ts';
import { fieldProblem } from '../../domain/errors.ts';
import { ALL_TENANTS, readMetrics, type TenantTotal, topTenants } from '../../store/attempt-metrics.ts';
import { readTenantWaiting, readWaiting, WAITING_COUNTED, type Waiting } from '../../store/gauges.ts';
import { countStandingFailures } from '../../store/standing-failures.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { tenantOr404 } from '../lookups.ts';
import { metricsFields, metricsQuery, presentMetrics } from '../schemas/attempt-metrics.ts';
import { tenantParams } from '../schemas/parameters.ts';

const DAY_MS = 24 * 3600 * 1000;

const tenantTotal = z.object({
  tenant_id: z.string(),
  name: z.string().nullable(),
  external_id: z.string().nullable(),
  deleted_at: z.string().nullable().describe('When it was deleted: it has no page any more.'),
  attempts: z.number(),
  failed: z.number(),
});

const waitingField = z
  .array(
    z.object({
      status: z.string(),
      held_reason: z.string().nullable(),
      count: z.number(),
      at_least: z
        .literal(true)
        .optional()
        .describe(`True: there may be more, since at most ${WAITING_COUNTED} of a status are counted.`),
    }),
  )
  .describe('Deliveries that have not ended, now.');

const tenantMetricsSchema = z.object({ ...metricsFields, waiting: waitingField }).meta({
  id: 'Metrics',
  description:
    'Attempts and deliveries over time, without tests. What has just happened follows within seconds.',
});

const overviewSchema = z
  .object({
    ...metricsFields,
    tenants_by_volume: z.array(tenantTotal).describe('The twenty with the most attempts.'),
    tenants_by_failures: z.array(tenantTotal).describe('The twenty with the most attempts that failed.'),
    waiting: waitingField,
    oldest_queued_s: z
      .number()
      .describe(
        'Age of the oldest delivery that is due and that nothing has taken yet, in seconds. 0: there is none.',
      ),
  })
  .meta({ id: 'MetricsOverview' });

export function attemptMetricsRoutes(app: App, deps: ApiDeps): void {
  const tags = ['metrics'];

  app.get(
    '/v1/tenants/:tenant/metrics',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'metrics.get',
        summary: "Get a tenant's attempts and deliveries over time",
        params: tenantParams,
        querystring: metricsQuery,
        response: { 200: tenantMetricsSchema },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const range = readRange(request.query);
      const series = await readSeries(deps, tenant.id, range);
      return { ...series, waiting: presentWaiting(await readTenantWaiting(deps.db, tenant.id)) };
    },
  );

  app.get(
    '/v1/metrics/overview',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'metrics.overview',
        summary: 'Get the attempts and deliveries of all tenants over time, and what waits now',
        querystring: metricsQuery,
        response: { 200: overviewSchema },
      },
    },
    async (request) => {
      const range = readRange(request.query);
      const series = await readSeries(deps, ALL_TENANTS, range);
      const byVolume = await topTenants(deps.db, range, 'attempts');
      const byFailures = await topTenants(deps.db, range, 'failed');
      const waiting = await readWaiting(deps.db);
      return {
        ...series,
        tenants_by_volume: byVolume.map(presentTenant),
        tenants_by_failures: byFailures.map(presentTenant),
        waiting: presentWaiting(waiting.deliveries),
        oldest_queued_s: waiting.queueAgeS,
      };
    },
  );
}

async function readSeries({ db }: ApiDeps, tenantId: string, range: Range) {
  const metrics = await readMetrics(db, tenantId, range);
  return presentMetrics(range, metrics, await countStandingFailures(db, tenantId, range.fromMs));
}

/** @throws Problem validation_failed */
function readRange({ from, to, interval }: z.infer<typeof metricsQuery>): Range {
  const nowMs = Date.now() + clockOffsetMs();
  const toMs = to === undefined ? nowMs : Date.parse(to);
  const fromMs = from === undefined ? toMs - DAY_MS : Date.parse(from);
  const range = rangeOf({ fromMs, toMs, interval }, nowMs);
  if ('problem' in range) throw fieldProblem(range.path, range.problem);
  return range;
}

function presentWaiting(deliveries: Waiting['deliveries']) {
  return deliveries.map(({ status, heldReason, count }) => {
    const ofStatus = deliveries.filter((each) => each.status === status);
    const isCut = ofStatus.reduce((sum, each) => sum + each.count, 0) >= WAITING_COUNTED;
    return { status, held_reason: heldReason, count, ...(isCut && { at_least: true as const }) };
  });
}

const presentTenant = ({ tenantId, externalId, deletedAt, ...rest }: TenantTotal) => ({
  tenant_id: tenantId,
  external_id: externalId,
  deleted_at: deletedAt?.toISOString() ?? null,
  ...rest,
});
