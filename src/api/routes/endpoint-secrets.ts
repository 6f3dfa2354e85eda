/** `…/endpoints/:e/secret`: an endpoint's signing secret: reveal it, rotate it, get its public key. */
import { z } from 'zod';
import { clockOffsetMs } from '../../domain/clock.ts';
import {
  type Endpoint,
  holdsMask,
  MAX_SIGNING_SECRETS,
  OVERLAP_S,
  rotateSecrets,
} from '../../domain/endpoint.ts';
import { fieldProblem, Problem } from '../../domain/errors.ts';
import type { Profile } from '../../domain/profile.ts';
import { findProfile, profileNamed } from '../../profiles/index.ts';
import { updateEndpoint } from '../../store/endpoints.ts';
import { insertOperationalEvent } from '../../store/operational-events.ts';
import { audited, auditedAlone } from '../audit.ts';
import type { ApiDeps } from '../deps.ts';
import { maskProblem } from '../endpoint-rules.ts';
import type { App } from '../fastify-app.ts';
import { endpointOr404, notFound, opened, tenantOr404 } from '../lookups.ts';
import { problemSchema } from '../problems.ts';
import { SECRET_FORMS } from '../schemas/endpoint.ts';
import { endpointParams } from '../schemas/parameters.ts';

const rotateBody = z
  .strictObject({
    overlap_seconds: z
      .number()
      .int()
      .min(0)
      .max(OVERLAP_S.max)
      .optional()
      .describe(
        `How long the previous secret goes on signing beside the new one. Default ${OVERLAP_S.default}, a day; 0 where the contract has one signature.`,
      ),
    secret: z
      .string()
      .max(512)
      .optional()
      .describe(`Your own new secret. Absent: one is made. ${SECRET_FORMS}`),
  })
  .meta({ id: 'RotateSecret', examples: [{ overlap_seconds: OVERLAP_S.default }] });

const rotatedSchema = z
  .object({
    secret: z.string(),
    previous_expires_at: z.string().describe('Until when the previous secret signs too.'),
  })
  .meta({ id: 'RotatedSecret' });

// Long because it declares one route after the other, each with its schemas and its handler.
export function endpointSecretRoutes(app: App, deps: ApiDeps): void {
  const tags = ['endpoints'];
  const { vault } = deps;

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint/secret',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.reveal-secret',
        summary: "Reveal an endpoint's signing secret",
        description: 'The audit log gets an entry with the key that was used.',
        params: endpointParams,
        response: { 200: z.object({ secret: z.string().nullable() }) },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const endpoint = await endpointOr404(deps, tenant, request.params.endpoint);
      const secret = opened(endpoint).secrets.signing[0]?.value ?? null;
      const act = { action: 'endpoint.secret_revealed', tenantId: tenant.id, objectId: endpoint.id };
      await auditedAlone(deps, request, act);
      return { secret };
    },
  );

  app.post(
    '/v1/tenants/:tenant/endpoints/:endpoint/secret/rotate',
    {
      config: { access: 'manage' },
      schema: {
        tags,
        operationId: 'endpoints.rotate-secret',
        summary: 'Give an endpoint a new signing secret',
        description:
          'Where the contract takes several signatures, both secrets sign until the previous one expires. ' +
          'Where it takes one, the new secret signs from the next attempt.',
        params: endpointParams,
        body: rotateBody.nullish(),
        response: { 200: rotatedSchema, 409: problemSchema },
      },
    },
    async (request) => {
      const tenant = await tenantOr404(deps, request, request.params.tenant);
      const { endpoint: id } = request.params;
      const nowMs = Date.now() + clockOffsetMs();
      const rotation = rotationOf(profileNamed(tenant.profile), request.body ?? {});
      const act = {
        action: 'endpoint.secret_rotated',
        tenantId: tenant.id,
        objectId: id,
        details: { overlap_seconds: rotation.overlapS },
      };
      const expiresAt = new Date(nowMs + rotation.overlapS * 1000).toISOString();
      const secret = await audited(deps, request, act, async (client) => {
        const which = { tenantId: tenant.id, id, profileSchedule: profileNamed(tenant.profile).schedule };
        const endpoint = await updateEndpoint(client, vault, which, (before) =>
          rotation.apply(before, nowMs),
        );
        if (endpoint === null) throw notFound('endpoint', id);
        await insertOperationalEvent(client, {
          type: 'secret.rotated',
          tenantId: tenant.id,
          endpointId: id,
          data: { previous_expires_at: expiresAt },
        });
        return opened(endpoint).secrets.signing[0]?.value ?? '';
      });
      return { secret, previous_expires_at: expiresAt };
    },
  );

  app.get(
    '/v1/tenants/:tenant/endpoints/:endpoint/public-key',
    {
      config: { access: 'read' },
      schema: {
        tags,
        operationId: 'endpoints.get-public-key',
        summary: 'The public key of an endpoint that is signed with ed25519',
        params: endpointParams,
        response: { 200: z.object({ public_key: z.string() }) },
      },
    },
    async (request) => {
      const { tenant, endpoint: id } = request.params;
      const owner = await tenantOr404(deps, request, tenant);
      const endpoint = await endpointOr404(deps, owner, id);
      const secret = opened(endpoint).secrets.signing[0]?.value ?? '';
      const key = findProfile(owner.profile)?.signing?.publicKey?.(secret) ?? null;
      if (key === null) throw new Problem('not_found', `The endpoint ${id} is not signed with ed25519.`);
      return { public_key: key };
    },
  );
}

/** @throws Problem profile_rule, validation_failed */
function rotationOf(profile: Profile, body: z.infer<typeof rotateBody>) {
  const { signing, title } = profile;
  if (signing === null)
    throw new Problem('profile_rule', `${title} does not sign: there is no secret to rotate.`);
  if (!signing.signsWithAll && (body.overlap_seconds ?? 0) > 0) {
    throw fieldProblem(
      'overlap_seconds',
      `must be 0: the contract of ${title} has one signature, so the new secret takes over at once`,
      'profile_rule',
    );
  }
  const problem =
    body.secret === undefined
      ? null
      : holdsMask(body.secret)
        ? maskProblem('secret')
        : signing.secretProblem(body.secret);
  if (problem !== null) throw fieldProblem('secret', problem);
  const overlapS = signing.signsWithAll ? (body.overlap_seconds ?? OVERLAP_S.default) : 0;
  return {
    overlapS,
    apply(before: Endpoint, nowMs: number): Endpoint {
      const { secrets } = opened(before);
      // A generated secret is of the same kind as the one before, which the receiver can verify.
      const current = secrets.signing[0]?.value ?? '';
      const kind = signing.secretKinds?.find((each) => each.isKindOf(current)) ?? signing;
      const value = body.secret ?? kind.generateSecret();
      const rotated = rotateSecrets(secrets.signing, value, overlapS * 1000, nowMs);
      if (rotated.length > MAX_SIGNING_SECRETS) {
        throw new Problem(
          'conflict',
          `${MAX_SIGNING_SECRETS} secrets sign for this endpoint already. Wait until one has expired, or rotate with overlap_seconds 0.`,
        );
      }
      return { ...before, secrets: { ...secrets, signing: rotated } };
    },
  };
}
