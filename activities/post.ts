/** One attempt: its place under cap and rate, the signed POST, and what came of it. */
import { setTimeout } from 'node:timers/promises';
import { MASK, maskUrl } from '../src/domain/endpoint.ts';
import { parseRetryAfterMs } from '../src/domain/schedule.ts';
import type { SendResult } from '../src/http/send.ts';
import { profileNamed } from '../src/profiles/index.ts';
import { type AttemptRequest, buildRequest, redact, redactText } from '../src/signing/request.ts';
import { type Claim, endUnsent, releaseClaims } from '../src/store/claims.ts';
import type { ActivityDeps } from './deps.ts';
import { countAttempt, startAttemptSpan } from './observe.ts';
import { type Result, settle, type Tried } from './settle.ts';
import { type Opened, putOff } from './treatment.ts';

/** How long an attempt may wait for a place under its endpoint's cap or rate before it is put off. */
export const PLACE_WAIT_MS = 4_000;

export async function post(treatment: Opened, claim: Claim): Promise<Result> {
  const { deps, delivery, endpoint, workflowId, random, group, rate } = treatment;
  if (!delivery.isTest && (endpoint.deletedAt !== null || !endpoint.enabled)) return refuse(treatment, claim);
  const release = rate === null ? null : await deps.cap.acquire(endpoint.id, PLACE_WAIT_MS);
  if (release === null) return putOff(treatment);
  try {
    if (rate !== undefined && rate !== null && rate > 0) await setTimeout(rate);
    const profile = profileNamed(endpoint.profile);
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
    const result = await deps.sender.send({
      url: request.url,
      headers: request.headers,
      body: delivery.body,
      timeoutMs: endpoint.timeoutMs ?? profile.timeoutMs,
    });
    const { response, error } = result;
    span.end(response ? { 'http.response.status_code': response.status } : {}, error?.code);
    if (!delivery.isTest) {
      deps.pulse.observe(endpoint.id, { durationMs: result.durationMs, succeeded: error === null });
    }
    const tried = triedFrom(deps, request, result);
    countAttempt(deps, delivery, tried);
    return settle({ delivery, claim, endpoint, profile, tried, workflowId, random, group });
  } finally {
    release();
  }
}

async function refuse({ deps, delivery, endpoint, group }: Opened, claim: Claim): Promise<Result> {
  const { id } = delivery;
  if (delivery.endedStatus === null) {
    const error = endpoint.deletedAt === null ? 'endpoint_disabled' : 'endpoint_deleted';
    await endUnsent(deps.db, [id], claim.runId, error);
  } else {
    await releaseClaims(deps.db, [{ deliveryId: id, runId: claim.runId }], 0);
  }
  return { entry: { id, outcome: 'ended', group } };
}

function triedFrom(deps: ActivityDeps, request: AttemptRequest, result: SendResult): Tried {
  const { response, error } = result;
  const header = response?.headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  const asks = response?.status === 429 || response?.status === 503;
  const maskedUrl = maskUrl(request.url);
  return {
    startedAtMs: result.startedAtMs,
    durationMs: result.durationMs,
    responseStatus: response?.status ?? null,
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
    retryAfterMs: asks ? parseRetryAfterMs(header, Date.now()) : null,
    exchange: {
      url: maskedUrl,
      urlSealed: maskedUrl.includes(MASK) ? deps.vault.seal(request.url) : null,
      requestHeaders: request.maskedHeaders,
      response: response && {
        ...response,
        headers: response.headers.map(([name, value]): [string, string] => [
          name,
          redactText(value, request.secretValues),
        ]),
        body: redact(response.body, request.secretValues),
      },
    },
  };
}
