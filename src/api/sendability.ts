/** Looks up whether a delivery can be sent now, and refuses a retry of one that cannot. */
import { clockOffsetMs } from '../domain/clock.ts';
import type { Delivery } from '../domain/delivery.ts';
import { Problem, secretsUnreadable } from '../domain/errors.ts';
import { type RetryRefusal, retryRefusal, type Sendability } from '../domain/next-step.ts';
import { findProfile, profileUnknown } from '../profiles/index.ts';
import { deliverySendability } from '../store/deliveries.ts';
import { findEndpointById } from '../store/endpoints.ts';
import type { ApiDeps } from './deps.ts';

export async function sendabilityOf(deps: ApiDeps, delivery: Delivery): Promise<Sendability> {
  return (await findSendability(deps, delivery)).sendability;
}

async function findSendability({ db, vault }: ApiDeps, delivery: Delivery) {
  const endpoint = await findEndpointById(db, vault, delivery.endpointId);
  const { erased, profile } = await deliverySendability(db, delivery.id);
  const sendability: Sendability = {
    endpoint:
      endpoint === null || endpoint.deletedAt !== null
        ? 'deleted'
        : endpoint.enabled
          ? 'enabled'
          : 'disabled',
    secretsOpen: endpoint !== null && endpoint.secrets !== null,
    profileKnown: findProfile(profile) !== undefined,
    payloadErased: erased,
    nowMs: Date.now() + clockOffsetMs(),
    isRateLimited: endpoint !== null && endpoint.ratePerSecond !== null,
  };
  return { sendability, profile };
}

/** @throws Problem that says why the delivery cannot be sent now */
export async function refuseUnsendable(deps: ApiDeps, delivery: Delivery): Promise<void> {
  const { sendability, profile } = await findSendability(deps, delivery);
  const refusal = retryRefusal(delivery, sendability);
  if (refusal !== null) throw refused(refusal, delivery, profile);
}

function refused(why: RetryRefusal, { endpointId }: Delivery, profile: string): Problem {
  switch (why) {
    case 'endpoint_deleted':
      return new Problem(
        why,
        'The endpoint of this delivery is deleted, so the delivery cannot be sent any more.',
      );
    case 'endpoint_disabled':
      return new Problem(why, `The endpoint ${endpointId} is disabled. Enable it first, then retry.`);
    case 'payload_erased':
      return payloadErased();
    case 'secret_unreadable':
      return secretsUnreadable(endpointId);
    case 'profile_unknown':
      return profileUnknown(profile);
  }
}

export const payloadErased = (): Problem =>
  new Problem('payload_erased', 'The payload of this event is erased, so there is nothing left to send.');
