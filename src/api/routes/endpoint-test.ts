/** `…/endpoints/:e/test`: sends an example event in a single attempt, and answers with its log. */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { fieldProblem, NAMES_SHOWN, someOf } from '../../domain/errors.ts';
import { profileNamed } from '../../profiles/index.ts';
import { findEventType, listEventTypeNames } from '../../store/event-types.ts';
import type { Tenant } from '../../store/tenants.ts';
import { readDeliveryLog } from '../delivery-log.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { deliveryOr404, endpointOr404, tenantOr404 } from '../lookups.ts';
import { problemSchema } from '../problems.ts';
import { createRunningTests } from '../running-tests.ts';
import { deliverySchema } from '../schemas/delivery.ts';
import { endpointParams } from '../schemas/parameters.ts';

const testBody = z
  .strictObject({ event_type: z.string().max(200).optional() })
  .meta({ id: 'TestEndpoint', examples: [{}] });

// Long because it declares one route after the other, each with its schemas and its handler.
export function endpointTestRoutes(app: App, deps: ApiDeps): void {
  const tags = ['endpoints'];
  const { db } = deps;
  const tests = createRunningTests(db, {
    perEndpoint: deps.testsPerEndpoint,
    perTenant: deps.testsPerTenant,
  });

  app.post(
    '/v1/tenants/:tenant/endpoints/:endpoint/test',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.test',
        summary: 'Send a test event',
        description:
          'One attempt, no retry, no e-mail, no effect on health; allowed while the endpoint is disabled. ' +
          'Answers when the attempt is over, or two seconds after its timeout. The configuration limits how many tests of an ' +
          'endpoint and of a tenant may run at once; one more is refused with 429.',
        params: endpointParams,
        body: testBody.nullish(),
        response: { 200: deliverySchema, 429: problemSchema },
      },
    },
    async (request) => {
      const {
        params: { tenant: given, endpoint: id },
        body,
      } = request;
      const tenant = await tenantOr404(deps, request, given);
      const endpoint = await endpointOr404(deps, tenant, id);
      const profile = profileNamed(tenant.profile);
      const timeoutMs = endpoint.timeoutMs ?? profile.timeoutMs;
      const done = tests.begin({ tenantId: tenant.id, endpointId: id, timeoutMs });
      try {
        const deliveryId = await send(tenant, id, body?.event_type);
        // The answer is due two seconds after the timeout at the latest, and reading the log takes some of them.
        await tests.untilEnded(deliveryId, timeoutMs + TEST_MARGIN_MS - READING_MS);
        return await readDeliveryLog(deps, await deliveryOr404(deps, request, deliveryId));
      } finally {
        done();
      }
    },
  );

  /** @returns the id of the test's delivery. @throws Problem unknown_event_type */
  async function send(tenant: Tenant, endpointId: string, eventType: string | undefined): Promise<string> {
    const profile = profileNamed(tenant.profile);
    const type = eventType ?? profile.testEventType;
    const example = await exampleOf(deps, tenant, type);
    const [event] = await deps.emitter.emit({
      tenant,
      profile,
      events: [
        {
          type,
          timestampMs: Date.now(),
          data: example,
          id: undefined,
          requestHash: createHash('sha256').update(randomUUID()).digest(),
        },
      ],
      idempotency: null,
      maxDeliveries: 1,
      testEndpointId: endpointId,
    });
    return event?.deliveries[0]?.id ?? '';
  }
}

/** @throws Problem unknown_event_type */
async function exampleOf({ db }: ApiDeps, tenant: Tenant, type: string): Promise<string> {
  const { catalogue } = profileNamed(tenant.profile);
  const entry = catalogue.find(({ name }) => name === type) ?? (await findEventType(db, tenant.id, type));
  if (entry !== null && !('archivedAt' in entry && entry.archivedAt !== null)) return entry.example;
  const ownNames = await listEventTypeNames(db, tenant.id, NAMES_SHOWN);
  const known = someOf([...catalogue.map(({ name }) => name), ...ownNames]);
  throw fieldProblem(
    'event_type',
    `has no example; the event types that have one: ${known}`,
    'unknown_event_type',
  );
}

const TEST_MARGIN_MS = 2_000;
const READING_MS = 500;
