/** `…/endpoints/:e/test`: the button that sends an example and shows what came of it. */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isEnded } from '../../domain/delivery.ts';
import { fieldProblem, NAMES_SHOWN, someOf } from '../../domain/errors.ts';
import { profileNamed } from '../../profiles/index.ts';
import { acceptEvents } from '../../store/accept.ts';
import { findDelivery } from '../../store/deliveries.ts';
import { findEventType, listEventTypeNames } from '../../store/event-types.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { App } from '../app.ts';
import { readDeliveryLog } from '../delivery-log.ts';
import type { ApiDeps } from '../deps.ts';
import { deliveryOr404, endpointOr404, tenantOr404 } from '../lookups.ts';
import { deliverySchema } from '../schemas/delivery.ts';
import { endpointParams } from '../schemas/parameters.ts';

const testBody = z
  .strictObject({ event_type: z.string().max(200).optional() })
  .meta({ id: 'TestEndpoint', examples: [{}] });

export function endpointTestRoutes(app: App, deps: ApiDeps): void {
  const tags = ['endpoints'];
  const { db } = deps;

  app.post(
    '/v1/tenants/:tenant/endpoints/:endpoint/test',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        summary: 'Send a test event',
        description:
          'One attempt, no retry, no e-mail, no effect on health; allowed while the endpoint is disabled. ' +
          'Answers when the attempt is over, or after its timeout and two seconds.',
        params: endpointParams,
        body: testBody.nullish(),
        response: { 200: deliverySchema },
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
      const type = body?.event_type ?? profile.testEventType;
      const example = await exampleOf(deps, tenant, type);
      const { events, toDispatch } = await acceptEvents(db, {
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
        lease: deps.dispatcher && { owner: deps.dispatcher.owner, ms: deps.dispatcher.leaseMs },
        maxDeliveries: 1,
        testEndpointId: id,
      });
      deps.dispatcher?.offer(toDispatch);
      const deliveryId = events[0]?.deliveries[0]?.id ?? '';
      await untilEnded(deps, deliveryId, (endpoint.timeoutMs ?? profile.timeoutMs) + TEST_MARGIN_MS);
      return readDeliveryLog(deps, await deliveryOr404(deps, request, deliveryId));
    },
  );
}

/** @throws Problem unknown_event_type */
async function exampleOf({ db }: ApiDeps, tenant: Tenant, type: string): Promise<string> {
  const { catalogue } = profileNamed(tenant.profile);
  const entry = catalogue.find(({ name }) => name === type) ?? (await findEventType(db, tenant.id, type));
  if (entry !== null) return entry.example;
  const own = await listEventTypeNames(db, tenant.id, NAMES_SHOWN);
  const known = someOf([...catalogue.map(({ name }) => name), ...own]);
  throw fieldProblem('event_type', `has no example; there are ${known}`, 'unknown_event_type');
}

const TEST_MARGIN_MS = 2_000;
const TEST_POLL_MS = 50;

async function untilEnded({ db }: ApiDeps, deliveryId: string, withinMs: number): Promise<void> {
  // The answer is due within the timeout and two seconds; the reading of the log comes out of the same two.
  const deadline = Date.now() + withinMs - 500;
  while (Date.now() < deadline) {
    const delivery = await findDelivery(db, deliveryId);
    if (delivery === null || isEnded(delivery.status)) return;
    await new Promise((resolve) => setTimeout(resolve, TEST_POLL_MS));
  }
}
