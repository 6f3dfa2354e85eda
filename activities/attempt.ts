/**
 * The activity that sends: claim, POST side by side, record. It may run twice after a crash; the claim decides what the
 * second run may do.
 */
import { activityInfo, Context } from '@temporalio/activity';
import { MASK, maskUrl } from '../src/domain/endpoint.ts';
import { ATTEMPT_ERRORS } from '../src/domain/errors.ts';
import { parseRetryAfterMs } from '../src/domain/schedule.ts';
import type { SendResult } from '../src/http/send.ts';
import { profileNamed } from '../src/profiles/index.ts';
import { type AttemptRequest, buildRequest, redact, redactText } from '../src/signing/request.ts';
import { type AttemptEndpoint, loadAttemptEndpoints, reserveRate } from '../src/store/attempt-endpoints.ts';
import {
  type Claim,
  type ClaimedDelivery,
  claimDeliveries,
  endUnsent,
  releaseClaims,
} from '../src/store/claims.ts';
import { type AttemptRecord, recordAttempts } from '../src/store/records.ts';
import type { AttemptEntry, AttemptInput, AttemptOutput } from '../workflows/contract.ts';
import type { ActivityDeps } from './deps.ts';
import { type Result, type Settled, settle, type Tried } from './settle.ts';

/** How long an attempt may wait for a place under its endpoint's cap or rate before it is put off. */
const PLACE_WAIT_MS = 4_000;
const DEFER_MS = 5_000;
/** How long the fast ones of a group wait for the slow ones before they are recorded without them. */
const FLUSH_MS = 250;
const BUSY_POLL_MS = 1_000;
/** From the end of an attempt until its record is written. */
const IN_HAND_AFTER_MS = 10_000;

export async function attempt(deps: ActivityDeps, input: AttemptInput): Promise<AttemptOutput> {
  const { workflowId, runId } = execution();
  deps.attemptBegan(workflowId);
  const heartbeat = setInterval(() => Context.current().heartbeat(), 5_000);
  try {
    const { trigger, pressId = null } = input;
    // Everything that can fail comes before the claim: what fails there counts no attempt.
    const endpoints = await loadAttemptEndpoints(deps.db, deps.vault, input.deliveryIds);
    const deliveries = await claimDeliveries(deps.db, {
      deliveryIds: input.deliveryIds,
      trigger,
      pressId,
      workflowId,
      runId,
    });
    const endpointIds = [...new Set(deliveries.map((delivery) => delivery.endpointId))];
    const rates = await reservePlaces(deps, deliveries, endpoints);
    const random = new Map(endpointIds.map((id) => [id, deps.random()]));
    const work = deliveries.map((delivery) =>
      treatSafely({
        deps,
        delivery,
        endpoint: endpoints.get(delivery.endpointId) ?? null,
        trigger,
        pressId,
        workflowId,
        random: random.get(delivery.endpointId) ?? 0,
        group: endpointIds.indexOf(delivery.endpointId),
        rate: rates.get(delivery.id),
      }),
    );
    return await recordAsTheyCome(deps, work);
  } finally {
    clearInterval(heartbeat);
  }
}

function execution(): { workflowId: string; runId: string } {
  const { workflowExecution } = activityInfo();
  if (workflowExecution === undefined) throw new Error('attempt runs only in a workflow');
  return workflowExecution;
}

/** The ms to wait for each claimed delivery of a rate-limited endpoint; `null`: no place soon. */
async function reservePlaces(
  deps: ActivityDeps,
  deliveries: ClaimedDelivery[],
  endpoints: Map<string, AttemptEndpoint | null>,
): Promise<Map<string, number | null>> {
  const waits = new Map<string, number | null>();
  for (const endpoint of endpoints.values()) {
    if (endpoint === null || endpoint.ratePerSecond === null) continue;
    const limited = deliveries.filter(
      (each) => each.verdict === 'claimed' && each.endpointId === endpoint.id,
    );
    if (limited.length === 0) continue;
    const { ratePerSecond } = endpoint;
    // Without an answer nobody has a place, and the schedule tries again.
    const places = await reserveRate(
      deps.db,
      endpoint.id,
      ratePerSecond,
      limited.length,
      PLACE_WAIT_MS,
    ).catch(() => []);
    limited.forEach((delivery, place) => {
      waits.set(delivery.id, places[place] ?? null);
    });
  }
  return waits;
}

type Treatment = {
  deps: ActivityDeps;
  delivery: ClaimedDelivery;
  /** null: its secrets cannot be opened */
  endpoint: AttemptEndpoint | null;
  trigger: AttemptInput['trigger'];
  pressId: string | null;
  workflowId: string;
  random: number;
  group: number;
  rate: number | null | undefined;
};

type Opened = Treatment & { endpoint: AttemptEndpoint };

/** One delivery's trouble is its own: the others of the group are sent and recorded all the same. */
async function treatSafely(treatment: Treatment): Promise<Result> {
  const { deps, delivery, endpoint } = treatment;
  try {
    if (endpoint === null) throw new Error(`The secrets of ${delivery.endpointId} cannot be opened`);
    return await treat({ ...treatment, endpoint });
  } catch (error) {
    deps.logger.error(
      { err: error, delivery: delivery.id },
      'an attempt could not be made; it is tried again',
    );
    return putOff(treatment);
  }
}

/** Takes back the claim, if there is one of ours, and comes again a little later. */
async function putOff({ deps, delivery, group, trigger }: Treatment): Promise<Result> {
  const { id, claim, verdict } = delivery;
  if (verdict === 'claimed' && claim !== null) {
    const taken = [{ deliveryId: id, runId: claim.runId }];
    await releaseClaims(deps.db, taken, DEFER_MS).catch((error) =>
      deps.logger.error({ err: error, delivery: id }, 'a claim could not be taken back'),
    );
  }
  if (trigger === 'manual') {
    return { entry: { id, outcome: 'left', pressAgain: true, retryAfterMs: DEFER_MS, group } };
  }
  return { entry: { id, outcome: delivery.owned ? 'retry' : 'left', retryAfterMs: DEFER_MS, group } };
}

async function treat(treatment: Opened): Promise<Result> {
  const { delivery, group } = treatment;
  const { id, claim } = delivery;
  const dueInMs = Math.max(0, Math.round(delivery.dueInMs ?? 0));
  switch (delivery.verdict) {
    case 'claimed':
      return inHand(treatment, claim as Claim, () => send(treatment, claim as Claim));
    case 'unfinished':
    case 'abandoned':
      return treatLost(treatment, claim as Claim);
    case 'busy': {
      const afterMs = Math.round(Math.min(BUSY_POLL_MS, Math.max(0, claim?.leftMs ?? 0)));
      if (treatment.trigger === 'manual')
        return { entry: { id, outcome: 'left', pressAgain: true, retryAfterMs: afterMs, group } };
      return { entry: { id, outcome: delivery.owned ? 'retry' : 'left', retryAfterMs: afterMs, group } };
    }
    case 'early':
      return { entry: { id, outcome: 'retry', retryAfterMs: dueInMs, group } };
    case 'done_before':
      if (delivery.status === 'retrying' && delivery.owned) {
        return { entry: { id, outcome: 'retry', retryAfterMs: dueInMs, group } };
      }
      return { entry: endedEntry(delivery, group) };
    case 'ended':
      return { entry: endedEntry(delivery, group) };
    case 'foreign':
    case 'held':
      return { entry: { id, outcome: 'left', group } };
  }
}

/** A run of this activity that was lost may have ended it: what the workflow must still do is the same. */
function endedEntry(delivery: ClaimedDelivery, group: number): AttemptEntry {
  const { id, status, owned, told } = delivery;
  if (status === 'succeeded') return { id, outcome: 'succeeded', group };
  if (status === 'failed' && owned && !told) return { id, outcome: 'exhausted', group };
  return { id, outcome: status === 'failed' || status === 'cancelled' ? 'ended' : 'left', group };
}

/** A claim without its attempt: lost with its process, unless another run of this activity is still at it here. */
function treatLost(treatment: Opened, claim: Claim): Result | Promise<Result> {
  const { deps, delivery, trigger, pressId } = treatment;
  const running = deps.inHand.get(keyOf(delivery, claim));
  if (running !== undefined && delivery.verdict === 'unfinished') return running;
  const settled = settleLost(treatment, claim);
  // It was the attempt of something else that was lost: the press that found it is still to be carried out.
  return trigger === 'manual' && claim.pressId !== pressId
    ? { ...settled, entry: { ...settled.entry, outcome: 'left', pressAgain: true, retryAfterMs: 0 } }
    : settled;
}

const keyOf = (delivery: ClaimedDelivery, claim: Claim) => `${delivery.id} ${claim.number}`;

/** Keeps the attempt findable while it runs: a second run of the activity waits for it instead of declaring it lost. */
function inHand({ deps, delivery }: Opened, claim: Claim, work: () => Promise<Result>): Promise<Result> {
  const key = keyOf(delivery, claim);
  const running = work().finally(() => setTimeout(() => deps.inHand.delete(key), IN_HAND_AFTER_MS).unref());
  deps.inHand.set(key, running);
  return running;
}

function settleLost({ delivery, endpoint, workflowId, random, group }: Opened, claim: Claim): Settled {
  const tried: Tried = {
    startedAtMs: claim.startedAt.getTime(),
    durationMs: 0,
    responseStatus: null,
    errorCode: 'outcome_unknown',
    errorMessage: ATTEMPT_ERRORS.outcome_unknown,
    retryAfterMs: null,
    exchange: null,
  };
  const profile = profileNamed(endpoint.profile);
  return settle({ delivery, claim, endpoint, profile, tried, workflowId, random, group });
}

async function send(treatment: Opened, claim: Claim): Promise<Result> {
  const { deps, delivery, endpoint, workflowId, random, group, rate } = treatment;
  if (!delivery.isTest && (endpoint.deletedAt !== null || !endpoint.enabled)) return refuse(treatment, claim);
  const release = rate === null ? null : await deps.cap.acquire(endpoint.id, PLACE_WAIT_MS);
  if (release === null) return putOff(treatment);
  try {
    if (rate !== undefined && rate !== null && rate > 0) await sleep(rate);
    const profile = profileNamed(endpoint.profile);
    const request = buildRequest({
      profile,
      secrets: endpoint.secrets,
      webhookId: delivery.eventId,
      body: delivery.body,
      nowMs: Date.now(),
      version: deps.version,
    });
    const result = await deps.sender.send({
      url: request.url,
      headers: request.headers,
      body: delivery.body,
      timeoutMs: endpoint.timeoutMs ?? profile.timeoutMs,
    });
    if (!delivery.isTest) {
      deps.pulse.observe(endpoint.id, { durationMs: result.durationMs, succeeded: result.error === null });
    }
    const tried = triedFrom(deps, request, result);
    return settle({ delivery, claim, endpoint, profile, tried, workflowId, random, group });
  } finally {
    release();
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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

/** Records in batches: all together when all are quick, the quick ones first when some are not. */
async function recordAsTheyCome(deps: ActivityDeps, work: Promise<Result>[]): Promise<AttemptOutput> {
  const entries: AttemptEntry[] = [];
  const settled: Result[] = [];
  const pending = new Set(
    work.map((promise) => {
      const tracked: Promise<void> = promise.then((result) => {
        settled.push(result);
        pending.delete(tracked);
      });
      return tracked;
    }),
  );
  let recorded = true;
  while (pending.size > 0 || settled.length > 0) {
    await Promise.race([Promise.all(pending), sleep(FLUSH_MS)]);
    if (settled.length === 0) await Promise.race(pending);
    const batch = settled.splice(0);
    if (!(await record(deps, batch))) recorded = false;
    entries.push(...batch.map((result) => result.entry));
  }
  return recorded ? { entries } : { entries, unrecorded: true };
}

/** @returns whether it worked: what was sent was sent, so the outcome is returned in either case */
async function record(deps: ActivityDeps, batch: Result[]): Promise<boolean> {
  const settled = batch.filter((result): result is Settled => 'record' in result);
  try {
    applyStatuses(
      settled,
      await recordAttempts(
        deps.db,
        settled.map(({ record: row }): AttemptRecord => row),
      ),
    );
    return true;
  } catch (error) {
    deps.logger.warn({ err: error, attempts: settled.length }, 'attempts could not be recorded yet');
    deps.unrecorded.keep(settled.map((each) => each.record));
    return false;
  }
}

/** A delivery that was cancelled or held meanwhile is not retried, whatever the attempt decided. */
export function applyStatuses(settled: { entry: AttemptEntry }[], statuses: Map<string, string>): void {
  for (const { entry } of settled) {
    const status = statuses.get(entry.id);
    if (entry.outcome === 'retry' && status === 'held') entry.outcome = 'left';
    if (entry.outcome === 'retry' && status === 'cancelled') entry.outcome = 'ended';
    if (entry.outcome === 'exhausted' && status === 'cancelled') entry.outcome = 'ended';
  }
}
