/** One attempt: its place under cap and rate, the signed POST, and what came of it. */
import { setTimeout } from 'node:timers/promises';
import { isOpen, isSendableHeader, MASK, maskUrl } from '../src/domain/endpoint.ts';
import { type AttemptErrorCode, secretsUnreadable } from '../src/domain/errors.ts';
import { parseRetryAfterMs } from '../src/domain/schedule.ts';
import type { SendResult } from '../src/http/send.ts';
import { profileNamed } from '../src/profiles/index.ts';
import { redact, redactText } from '../src/signing/redaction.ts';
import { type AttemptRequest, buildRequest } from '../src/signing/request.ts';
import { type Claim, endUnsent, isErased, releaseClaim } from '../src/store/claims.ts';
import { holdForRate } from '../src/store/rate-limits.ts';
import type { Wire } from '../src/store/records.ts';
import { putOff, type Treatment } from './attempt-context.ts';
import { type Result, settle, type Tried } from './attempt-outcome.ts';
import type { ActivityDeps } from './deps.ts';
import { countAttempt, startAttemptSpan } from './observe-attempt.ts';

/** How long an attempt may wait for a place under its endpoint's cap or rate before it is put off. */
export const PLACE_WAIT_MS = 4_000;

/** Longer than it takes to look whether the payload is still there. */
const LONG_WAIT_MS = 100;

export async function post(treatment: Treatment, claim: Claim): Promise<Result> {
  const { deps, delivery, endpoint, workflowId, random, group, rate } = treatment;
  if (!delivery.isTest && (endpoint.deletedAt !== null || !endpoint.enabled)) return refuse(treatment, claim);
  if (delivery.erased) return refuse(treatment, claim);
  const begunAt = performance.now();
  const profile = profileNamed(endpoint.profile);
  if (!isOpen(endpoint)) throw secretsUnreadable(endpoint.id);
  if (rate === null && treatment.trigger !== 'manual') return queueUp(treatment, claim);
  const release = rate === null ? null : await deps.cap.acquire(endpoint.id, PLACE_WAIT_MS);
  if (release === null) return putOff(treatment);
  try {
    if (rate !== undefined && rate !== null && rate > 0) await setTimeout(rate);
    // What was erased while it waited for its place has not gone out yet, and does not.
    if (performance.now() - begunAt > LONG_WAIT_MS && (await isErased(deps.db, delivery.id)))
      return refuse({ ...treatment, delivery: { ...delivery, erased: true } }, claim);
    if (endpoint.ratePerSecond !== null) await deps.spacing.next(endpoint.id, endpoint.ratePerSecond);
    const span = startAttemptSpan(treatment, claim);
    const request = buildRequest({
      profile,
      secrets: endpoint.secrets,
      webhookId: delivery.eventId,
      body: delivery.body,
      nowMs: Date.now(),
      version: deps.version,
      traceparent: span.traceparent,
    });
    const broken = request.headers.find((header) => !isSendableHeader(header));
    if (broken !== undefined) throw new Error(`The header ${broken[0]} cannot be sent`);
    const ended = delivery.isTest ? null : deps.pulse.watch(endpoint.id);
    const result = await deps.sender.send({
      url: request.url,
      headers: request.headers,
      body: delivery.body,
      timeoutMs: endpoint.timeoutMs ?? profile.timeoutMs,
    });
    if ('fault' in result) {
      ended?.(true);
      // The operator's own way out is out of order: the endpoint has not been tried.
      span.end({}, 'egress_fault');
      return putOff(treatment);
    }
    const { response, error } = result;
    span.end(response ? { 'http.response.status_code': response.status } : {}, error?.code);
    ended?.(error === null);
    const tried = triedFrom(deps, delivery.id, request, result);
    countAttempt(deps, delivery, tried);
    return settle({ delivery, claim, endpoint, tried, workflowId, random, group });
  } finally {
    release();
  }
}

/** There is no place in its rate soon: it waits for one without a workflow, until the pacer lets it go. */
async function queueUp({ deps, delivery, group }: Treatment, claim: Claim): Promise<Result> {
  await holdForRate(deps.db, delivery.id, claim.runId);
  return { entry: { id: delivery.id, outcome: 'left', group } };
}

async function refuse(treatment: Treatment, claim: Claim): Promise<Result> {
  const { deps, delivery, group } = treatment;
  const { id } = delivery;
  if (delivery.endedStatus === null) {
    await endUnsent(deps.db, id, claim.runId, whyUnsent(treatment));
  } else {
    await releaseClaim(deps.db, id, claim.runId, 0);
  }
  return { entry: { id, outcome: 'ended', group } };
}

function whyUnsent({ delivery, endpoint }: Treatment): AttemptErrorCode {
  if (delivery.erased) return 'payload_erased';
  return endpoint.deletedAt === null ? 'endpoint_disabled' : 'endpoint_deleted';
}

function triedFrom(
  deps: ActivityDeps,
  deliveryId: string,
  request: AttemptRequest,
  result: SendResult,
): Tried {
  const { response, error, received } = result;
  const { secretValues } = request;
  const header = response?.headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const asks = response?.status === 429 || response?.status === 503;
  const maskedUrl = maskUrl(request.url);
  return {
    startedAtMs: result.startedAtMs,
    durationMs: result.durationMs,
    endedAgoMs: 0,
    responseStatus: response?.status ?? null,
    errorCode: error?.code ?? null,
    errorMessage: error && redactText(error.message, secretValues),
    retryAfterMs: asks ? parseRetryAfterMs(header, Date.now()) : null,
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
      wire: wireOf(result),
    },
  };
}

function wireOf({ route, response }: SendResult): Wire | null {
  if (route === null) return null;
  return {
    ...route,
    rawLength: response?.rawLength ?? null,
    decodedFrom: response?.decodedFrom ?? null,
    bodyProblem: response?.bodyProblem ?? null,
  };
}
