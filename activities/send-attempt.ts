/** Sends one attempt: waits for the concurrency cap and the rate limit, POSTs the signed request, and decides the outcome. */
import { setTimeout } from 'node:timers/promises';
import { isOpen, isSendableHeader, MASK, maskUrl, type OpenEndpoint } from '../src/domain/endpoint.ts';
import { type AttemptErrorCode, secretsUnreadable } from '../src/domain/errors.ts';
import type { Profile } from '../src/domain/profile.ts';
import { parseRetryAfterMs, receiverTimeMs } from '../src/domain/schedule.ts';
import { visibleText } from '../src/domain/visible-text.ts';
import type { SendResult } from '../src/http/send.ts';
import { profileNamed } from '../src/profiles/index.ts';
import { AuthorizationError } from '../src/signing/auth-scheme.ts';
import { redact, redactText } from '../src/signing/redaction.ts';
import { type AttemptRequest, buildRequest, storedSecrets } from '../src/signing/request.ts';
import { type Claim, endUnsent, releaseClaim } from '../src/store/claims.ts';
import { holdForRateLimit } from '../src/store/rate-limits.ts';
import type { Transport, Wire } from '../src/store/records.ts';
import { type AttemptContext, defer } from './attempt-context.ts';
import { type ClaimOutcome, decideAttempt, type SeenAttempt } from './attempt-outcome.ts';
import { createAttemptAuthorizer, EgressFaultError } from './authorize-attempt.ts';
import type { ActivityDeps } from './deps.ts';
import { countAttempt, startAttemptSpan } from './observe-attempt.ts';

/** How long an attempt may wait for its endpoint's concurrency cap or rate limit before it is deferred. */
export const LIMIT_WAIT_MS = 4_000;

/** After a longer wait than this, the payload may have been erased, and the database is asked again. */
const LONG_WAIT_MS = 100;
/** Longest message of a failed authorization, in characters. */
const MAX_MESSAGE = 300;

export async function sendAttempt(context: AttemptContext, claim: Claim): Promise<ClaimOutcome> {
  const { deps, delivery, endpoint, workflowId, random, group, rateLimitWaitMs } = context;
  if (!delivery.isTest && (endpoint.deletedAt !== null || !endpoint.enabled)) return refuse(context, claim);
  if (delivery.erased) return refuse(context, claim);
  const begunAt = performance.now();
  const profile = profileNamed(endpoint.profile);
  if (!isOpen(endpoint)) throw secretsUnreadable(endpoint.id);
  if (rateLimitWaitMs === null && context.trigger !== 'manual') return holdBack(context, claim);
  const release = rateLimitWaitMs === null ? null : await deps.cap.acquire(endpoint.id, LIMIT_WAIT_MS);
  if (release === null) return defer(context);
  try {
    if (rateLimitWaitMs !== undefined && rateLimitWaitMs !== null && rateLimitWaitMs > 0)
      await setTimeout(rateLimitWaitMs);
    // A payload that was erased during the wait is not sent.
    if (performance.now() - begunAt > LONG_WAIT_MS && (await deps.isErased(delivery.id)))
      return refuse({ ...context, delivery: { ...delivery, erased: true } }, claim);
    if (endpoint.ratePerSecond !== null)
      await deps.rateLimitSpacing.next(endpoint.id, endpoint.ratePerSecond);
    const seen = await makeAttempt(context, claim, endpoint, profile);
    if (seen === null) return defer(context);
    countAttempt(deps, delivery, seen);
    return decideAttempt({ delivery, claim, endpoint, seen, workflowId, random, group });
  } finally {
    release();
  }
}

/** @returns `null`: the operator's egress proxy does not work, so the endpoint has not been tried */
async function makeAttempt(
  context: AttemptContext,
  claim: Claim,
  endpoint: OpenEndpoint,
  profile: Profile,
): Promise<SeenAttempt | null> {
  const { deps, delivery } = context;
  const span = startAttemptSpan(context, claim);
  const ended = delivery.isTest ? () => {} : deps.laneSelector.observe(endpoint.id);
  const startedAtMs = Date.now();
  const start = performance.now();
  try {
    const seen = await exchange(context, endpoint, profile, span.traceparent);
    span.end(
      seen.status === null ? {} : { 'http.response.status_code': seen.status },
      seen.error ?? undefined,
    );
    ended(seen.error === null);
    return seen;
  } catch (error) {
    if (error instanceof AuthorizationError) {
      span.end({}, 'authorization_failed');
      ended(false);
      const message = visibleText(redactText(error.message, storedSecrets(profile, endpoint.secrets)));
      return unauthorized(startedAtMs, performance.now() - start, message.slice(0, MAX_MESSAGE));
    }
    ended(true);
    if (!(error instanceof EgressFaultError)) throw error;
    span.end({}, 'egress_fault');
    return null;
  }
}

/**
 * Builds the request and POSTs it.
 * @throws AuthorizationError, EgressFaultError, and Error when the request cannot be sent
 */
async function exchange(
  { deps, delivery }: AttemptContext,
  endpoint: OpenEndpoint,
  profile: Profile,
  traceparent: string | null,
): Promise<SeenAttempt> {
  const authorizer = createAttemptAuthorizer(deps, endpoint, endpoint.timeoutMs ?? profile.timeoutMs);
  const authorization = authorizer.authorize();
  const request = buildRequest({
    profile,
    secrets: endpoint.secrets,
    // Static credentials are there at once; no attempt waits for nothing.
    authorization: authorization instanceof Promise ? await authorization : authorization,
    webhookId: delivery.eventId,
    body: delivery.body,
    nowMs: Date.now(),
    version: deps.version,
    traceparent,
  });
  const broken = request.headers.find((header) => !isSendableHeader(header));
  if (broken !== undefined) throw new Error(`The header ${broken[0]} cannot be sent`);
  const sent = await deps.sender.send({
    url: request.url,
    headers: request.headers,
    body: delivery.body,
    timeoutMs: authorizer.leftMs(),
  });
  if ('fault' in sent) throw new EgressFaultError(sent.fault);
  if (sent.response?.status === 401) authorizer.refused();
  return resultOf(deps, delivery.id, request, sent);
}

/** Holds a delivery that the rate limit does not allow soon. It has no workflow until `releaseDue` releases it. */
async function holdBack({ deps, delivery, group }: AttemptContext, claim: Claim): Promise<ClaimOutcome> {
  await holdForRateLimit(deps.db, delivery.id, claim.runId);
  return { entry: { id: delivery.id, outcome: 'left', group } };
}

async function refuse(context: AttemptContext, claim: Claim): Promise<ClaimOutcome> {
  const { deps, delivery, group } = context;
  const { id } = delivery;
  if (delivery.endedStatus === null) {
    await endUnsent(deps.db, id, claim.runId, whyUnsent(context));
  } else {
    await releaseClaim(deps.db, id, claim.runId, 0);
  }
  return { entry: { id, outcome: 'ended', group } };
}

function whyUnsent({ delivery, endpoint }: AttemptContext): AttemptErrorCode {
  if (delivery.erased) return 'payload_erased';
  return endpoint.deletedAt === null ? 'endpoint_disabled' : 'endpoint_deleted';
}

/** A failed attempt whose request was never made, since nothing authorized it. */
function unauthorized(startedAtMs: number, durationMs: number, message: string): SeenAttempt {
  return {
    startedAtMs,
    durationMs,
    endedAgoMs: 0,
    status: null,
    error: 'authorization_failed',
    errorMessage: message,
    retryAfterMs: null,
    exchange: null,
  };
}

function resultOf(
  deps: ActivityDeps,
  deliveryId: string,
  request: AttemptRequest,
  sent: SendResult,
): SeenAttempt {
  const { response, error, received } = sent;
  const { secretValues } = request;
  const headerOf = (wanted: string) => response?.headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const asks = response?.status === 429 || response?.status === 503;
  const maskedUrl = maskUrl(request.url);
  return {
    startedAtMs: sent.startedAtMs,
    durationMs: sent.durationMs,
    endedAgoMs: 0,
    status: response?.status ?? null,
    error: error?.code ?? null,
    errorMessage: error && redactText(error.message, secretValues),
    retryAfterMs: asks
      ? parseRetryAfterMs(headerOf('retry-after'), receiverTimeMs(headerOf('date'), Date.now()))
      : null,
    exchange: {
      url: maskedUrl,
      urlSealed: maskedUrl.includes(MASK) ? deps.vault.seal(request.url, deliveryId) : null,
      requestHeaders: request.maskedHeaders,
      response: response && {
        status: response.status,
        headers: response.headers.map(([name, value]): [string, string] => [
          redactText(name, secretValues),
          redactText(value, secretValues),
        ]),
        body: redact(response.body, secretValues, response.truncated),
        truncated: response.truncated,
      },
      received: received && redact(received, secretValues, true),
      wire: wireOf(sent, secretValues),
      transport: transportOf(sent, secretValues),
    },
  };
}

function wireOf({ route, response }: SendResult, secretValues: readonly string[]): Wire | null {
  if (route === null) return null;
  return {
    ...route,
    // Why an address was passed over may quote its certificate.
    others: route.others.map(({ address, error }) => ({ address, error: redactText(error, secretValues) })),
    rawLength: response?.rawLength ?? null,
    decodedFrom: response?.decodedFrom ?? null,
    bodyProblem: response?.bodyProblem ?? null,
  };
}

/** A receiver may write what it knows of the secrets into its certificate, too. */
function transportOf(
  { timings, remoteAddress, peer }: SendResult,
  secretValues: readonly string[],
): Transport {
  const shown = (text: string | null) => text && redactText(text, secretValues);
  return {
    timings: {
      resolve: tenths(timings.resolveMs),
      connect: tenths(timings.connectMs),
      tls: tenths(timings.tlsMs),
      firstByte: tenths(timings.firstByteMs),
      body: tenths(timings.bodyMs),
      reused: timings.reused,
    },
    remoteAddress,
    tls: peer && {
      ...peer,
      subject: shown(peer.subject),
      issuer: shown(peer.issuer),
      names: peer.names.map((name) => redactText(name, secretValues)),
    },
  };
}

const tenths = (ms: number | null) => ms && Math.round(ms * 10) / 10;
