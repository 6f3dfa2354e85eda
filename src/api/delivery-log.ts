/**
 * The log of one delivery, put together from two sources. Workflow histories tell of attempts, decisions and presses of retry;
 * rows tell of requests and responses. When a history is gone or Temporal is away, the rows alone answer (`log_source`: `archive`).
 */
import type { Delivery } from '../domain/delivery.ts';
import { ATTEMPT_ERRORS, hasDuration, Problem } from '../domain/errors.ts';
import { nextStep } from '../domain/next-step.ts';
import { openPresses } from '../domain/open-presses.ts';
import type { HistoryEntry, RunHistory, RunRef } from '../domain/ports.ts';
import {
  deliveryContent,
  findWithAttempts,
  LOG_ATTEMPTS,
  listRuns,
  type StoredAttempt,
} from '../store/deliveries.ts';
import type { Wire } from '../store/records.ts';
import { explainAttempt, explainDelivery, rotationsFor } from './attempt-explanation.ts';
import type { ApiDeps } from './deps.ts';
import { type DeliveryLog, presentDelivery } from './schemas/delivery.ts';
import { sendabilityOf } from './sendability.ts';
import { pairsIn } from './stored-headers.ts';
import { transportView } from './transport-view.ts';

type AttemptView = DeliveryLog['attempts'][number];
type AttemptEntry = Extract<HistoryEntry, { kind: 'attempt' }>;

/** @param reveal shows the values in the query of URLs */
export async function readDeliveryLog(deps: ApiDeps, found: Delivery, reveal = false): Promise<DeliveryLog> {
  const histories = await readHistories(deps, found, await listRuns(deps.db, found.id));
  // The rows are read last: each attempt that a history tells of is in them by then, unless the database was away.
  const { delivery, attempts: stored } = (await findWithAttempts(deps.db, found.id)) ?? {
    delivery: found,
    attempts: [],
  };
  const content = await deliveryContent(deps.db, found.id);
  const presses = (histories ?? []).flatMap((history) => openPresses(history.entries));
  const sendability = await sendabilityOf(deps, delivery);
  const { words, advice } = nextStep(delivery, sendability, presses);
  const entries = histories?.flatMap((history) => history.entries) ?? [];
  const run = { workflowId: delivery.workflowId ?? '', runId: delivery.runId };
  const rotations = await rotationsFor(deps.db, delivery, stored);
  const attempts = mergeAttempts(deps, delivery.id, stored, entries, { reveal, rotations });
  const leftOut = stored.length < LOG_ATTEMPTS ? 0 : (attempts[0]?.number ?? 1) - 1;
  return {
    ...presentDelivery(delivery),
    body: content === null || content.erased ? null : (content.body?.toString('utf8') ?? null),
    attempts,
    ...(leftOut > 0 && { attempts_left_out: leftOut }),
    presses: entries
      .filter((entry) => entry.kind === 'press')
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ pressId, atMs, by }) => ({ press_id: pressId, at: new Date(atMs).toISOString(), by })),
    next_step: words,
    next_actions: advice,
    explanation: explainDelivery(delivery, attempts.at(-1), sendability),
    log_source: histories === null ? 'archive' : 'history',
    workflow: {
      id: delivery.workflowId,
      run_id: delivery.runId,
      web_url: delivery.workflowId === null ? null : deps.engine.webUrl(run),
    },
  };
}

/** Runs whose histories are read. Each press after the end has a run of its own; the rows alone tell of older attempts. */
const MAX_RUNS = 20;

/** @returns `null` when Temporal is away, or the history of a run that made an attempt is gone */
async function readHistories(
  deps: ApiDeps,
  delivery: Delivery,
  newest: { workflowId: string | null; runId: string | null }[],
): Promise<RunHistory[] | null> {
  const runs = new Map<string, RunRef>();
  const add = (workflowId: string | null, runId: string | null) => {
    if (workflowId !== null && runs.size < MAX_RUNS)
      runs.set(`${workflowId} ${runId}`, { workflowId, runId });
  };
  add(delivery.workflowId, delivery.runId);
  for (const { workflowId, runId } of newest) add(workflowId, runId);
  try {
    const required = await Promise.all(
      [...runs.values()].map((run) => deps.engine.readHistory(run, delivery.id)),
    );
    if (required.length === 0 || required.some((history) => history === null)) return null;
    // A press after the end has its own workflow, which may not have made its attempt yet.
    const afterEnd = await deps.engine.readHistory(
      { workflowId: `delivery_${delivery.id}`, runId: null },
      delivery.id,
    );
    const known = new Set(required.map((history) => history?.ref.runId));
    const all = afterEnd === null || known.has(afterEnd.ref.runId) ? required : [...required, afterEnd];
    return all.filter((history) => history !== null);
  } catch (error) {
    if (error instanceof Problem && error.code === 'temporal_unavailable') return null;
    throw error;
  }
}

function mergeAttempts(
  deps: ApiDeps,
  deliveryId: string,
  stored: StoredAttempt[],
  entries: HistoryEntry[],
  { reveal, rotations }: { reveal: boolean; rotations: readonly Date[] },
): AttemptView[] {
  const fromHistory = new Map(
    entries
      .filter((entry): entry is AttemptEntry => entry.kind === 'attempt')
      .map((entry) => [entry.number, entry]),
  );
  const rows = new Map(stored.map((row) => [row.number, row]));
  const urlOf = (row: StoredAttempt) =>
    reveal && row.requestUrlSealed !== null
      ? (revealed(deps, row.requestUrlSealed, deliveryId) ?? row.requestUrl)
      : row.requestUrl;
  // Histories may tell of attempts that are older than the oldest one shown.
  const first = stored.length < LOG_ATTEMPTS ? 0 : (stored[0]?.number ?? 0);
  const numbers = [...new Set([...fromHistory.keys(), ...rows.keys()])]
    .filter((number) => number >= first)
    .sort((a, b) => a - b);
  return numbers.map((number) => {
    const row = rows.get(number);
    return attemptView(
      number,
      fromHistory.get(number),
      row,
      row === undefined ? null : urlOf(row),
      rotations,
    );
  });
}

/** `null` when the encryption key is gone: the log then shows the masked URL. */
function revealed({ vault }: ApiDeps, sealed: Buffer, deliveryId: string): string | null {
  try {
    return vault.open(sealed, deliveryId);
  } catch {
    return null;
  }
}

function attemptView(
  number: number,
  entry: AttemptEntry | undefined,
  row: StoredAttempt | undefined,
  url: string | null,
  rotations: readonly Date[],
): AttemptView {
  const pressId = entry?.pressId ?? row?.pressId ?? null;
  const code = entry ? entry.error : (row?.errorCode ?? null);
  return {
    number,
    trigger: entry?.trigger ?? row?.trigger ?? 'schedule',
    started_at: entry ? new Date(entry.atMs).toISOString() : (row?.startedAt.toISOString() ?? ''),
    duration_ms: hasDuration(code) ? (entry?.durationMs ?? row?.durationMs ?? null) : null,
    request: row === undefined ? null : requestView(row, url),
    response: row === undefined ? null : responseView(row),
    received: row === undefined ? null : receivedView(row),
    connection: row === undefined ? null : connectionView(row),
    ...transportView(row?.transport ?? null),
    error: code === null ? null : { code, message: row?.errorMessage ?? ATTEMPT_ERRORS[code] ?? code },
    explanation: code === null ? null : explainAttempt(code, row, rotations),
    ...(pressId !== null && { press_id: pressId }),
  };
}

function requestView(row: StoredAttempt, url: string | null): AttemptView['request'] {
  if (url === null) return null;
  return { method: 'POST', url, headers: headersView(row.requestHeaders) };
}

function responseView(row: StoredAttempt): AttemptView['response'] {
  if (row.responseStatus === null) return null;
  const wire = wireOf(row);
  return {
    status: row.responseStatus,
    headers: headersView(row.responseHeaders),
    ...bytesView(row.responseBody ?? Buffer.alloc(0)),
    truncated: row.responseTruncated,
    raw_length: wire?.rawLength ?? null,
    decoded_from: wire?.decodedFrom ?? null,
    body_problem: wire?.bodyProblem ?? null,
  };
}

function receivedView({ responseStatus, responseBody }: StoredAttempt): AttemptView['received'] {
  return responseStatus === null && responseBody !== null ? bytesView(responseBody) : null;
}

function wireOf({ wire }: StoredAttempt): Wire | null {
  const value: unknown = JSON.parse(wire ?? 'null');
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : null;
}

function connectionView(row: StoredAttempt): AttemptView['connection'] {
  const wire = wireOf(row);
  if (wire === null) return null;
  const { address, others, reused, resent } = wire;
  return { address, others, reused, resent };
}

function bytesView(bytes: Buffer): { body: string; body_base64?: string } {
  const body = bytes.toString('utf8');
  // An excerpt may end inside a character, so a last replacement character is still text. Anything else is shown as bytes too.
  const isText = !body.slice(0, -1).includes('\uFFFD');
  return { body, ...(!isText && { body_base64: bytes.toString('base64') }) };
}

function headersView(json: string | null): Record<string, string> {
  // A Map, because a receiver may send headers called `constructor` and `__proto__`.
  const headers = new Map<string, string>();
  for (const [name, value] of pairsIn(json)) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}
