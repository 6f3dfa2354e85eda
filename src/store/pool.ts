/** The connection pool, transactions, and the classification of PostgreSQL's errors. */
import type { ConnectionOptions } from 'node:tls';
import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

export type Db = pg.Pool;
export type Queryable = pg.Pool | pg.PoolClient;

// Counts are small enough to be numbers.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
// JSON columns hold what receivers sent. They are parsed where they are shown, so that one bad row does not fail a list.
pg.types.setTypeParser(pg.types.builtins.JSON, (text: string) => text);

/** The farthest times that a JavaScript Date can hold, in Unix ms. */
const FARTHEST_MS = 8.64e15;
const parseTimestamp = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => unknown;
// `infinity`, and years that only PostgreSQL can represent, become the farthest Date, so that every time can be shown.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string) => {
  const timeMs = Number(parseTimestamp(text));
  if (Number.isNaN(timeMs)) return new Date(text.endsWith('BC') ? -FARTHEST_MS : FARTHEST_MS);
  return new Date(Math.max(-FARTHEST_MS, Math.min(FARTHEST_MS, timeMs)));
});

/** Far longer than any statement of ours takes. A statement that runs longer waits for something that does not come. */
const STATEMENT_TIMEOUT_MS = 20_000;
/** A little later we stop waiting ourselves, because a connection that has gone silent reports no timeout. */
const ANSWER_TIMEOUT_MS = 25_000;
/** The locks of a process that vanished in mid-transaction are released after this time. */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** The kernel then detects within half a minute, not in two hours, that the host of an idle connection is gone. */
const KEEP_ALIVE_AFTER_MS = 10_000;
const SILENT = 'Query read timeout';

/** PEM of certificate authorities: the operator's, and all that are trusted. */
type Authorities = { added: readonly string[]; all: readonly string[] };

/**
 * @param options.max connections at most
 * @param options.authorities trusted for TLS, which the URL asks for (`sslmode=verify-full`); default: Node's. An `sslrootcert`
 * replaces the public ones, as it does for PostgreSQL's own programs; the operator's stay
 * @param options.patient no time limits, for maintenance, whose statements may take long
 * @param options.onError called with errors on idle connections, which the pool replaces by itself
 */
export function createPool(
  connectionString: string,
  options: {
    max?: number;
    patient?: boolean;
    authorities?: Authorities | null;
    onError?: (error: Error) => void;
  } = {},
): Db {
  const pool = new pg.Pool({
    ...connectionOf(connectionString, options.authorities ?? null),
    max: options.max ?? 20,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    application_name: 'tidings',
    ...(!options.patient && {
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    }),
  });
  pool.on('error', (error) => options.onError?.(error));
  // A connection that is lost while it is checked out emits an error, which would end the process if nothing listened. The query in
  // flight rejects by itself.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** `pg` ignores TLS options beside a URL, so with authorities the URL is parsed here. A list of authorities replaces pg's own. */
function connectionOf(url: string, authorities: Authorities | null): pg.ClientConfig {
  if (authorities === null) return { connectionString: url };
  const config = parseIntoClientConfig(url);
  const ssl =
    (config.ssl as boolean | ConnectionOptions | undefined) ??
    /^(prefer|require|verify-ca|verify-full)$/.test(process.env.PGSSLMODE ?? '');
  return { ...(config as pg.ClientConfig), ssl: trusting(ssl, authorities) };
}

/** The host and port that `pg` connects to for this URL, which may take both from its query or from `PGHOST` and `PGPORT`. */
export function databaseAddress(url: string): { host: string; port: number } {
  const { host, port } = new pg.Client({ connectionString: url });
  // The folder of a socket: that of a server on this machine.
  return { host: host.startsWith('/') ? 'localhost' : host, port };
}

function trusting(
  ssl: boolean | ConnectionOptions,
  { added, all }: Authorities,
): boolean | ConnectionOptions {
  if (ssl === false) return false;
  const { ca: pinned, ...rest }: ConnectionOptions = ssl === true ? {} : ssl;
  return { ...rest, ca: pinned === undefined ? [...all] : [pinned, ...added].flat() };
}

/**
 * Runs `work` in a transaction: committed when it returns, rolled back when it throws. Inside another transaction it
 * becomes part of that one.
 * @param options.lockTimeoutMs how long each statement waits for a lock before it throws an error that `isPassing` recognises;
 *   default: as long as the statement may take
 */
export async function transaction<Result>(
  db: Queryable,
  work: (client: pg.PoolClient) => Promise<Result>,
  options: { lockTimeoutMs?: number } = {},
): Promise<Result> {
  if ('release' in db) return work(db);
  const { lockTimeoutMs } = options;
  // Both statements go in one message, so the timeout costs no round trip.
  const bounded =
    lockTimeoutMs === undefined ? '' : `; set local lock_timeout = ${Math.round(lockTimeoutMs)}`;
  return within(db, `begin${bounded}`, work);
}

/** How long a task that visits many endpoints waits for the lock of one. */
const TURN_LOCK_TIMEOUT_MS = 1_000;

/** Runs `work` in a transaction that waits for a lock for 1 s at most. @returns `null` when the lock was not free: the caller goes on */
export async function unlessLocked<Result>(
  db: Db,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result | null> {
  try {
    return await transaction(db, work, { lockTimeoutMs: TURN_LOCK_TIMEOUT_MS });
  } catch (error) {
    if (isPassing(error)) return null;
    throw error;
  }
}

/** Runs queries that all see the database as of the first one. */
export async function snapshot<Result>(
  db: Db,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  return within(db, 'begin isolation level repeatable read, read only', work);
}

/**
 * Makes the planner walk indexes in this transaction. With old statistics it may prefer to read a whole table to sort or join it, which
 * is never faster here, and would break the bound on the rows that are read.
 */
export const WALK_IN_ORDER = `select set_config(name, 'off', true) from unnest(array['enable_bitmapscan', 'enable_seqscan',
  'enable_sort', 'enable_hashjoin', 'enable_mergejoin']) name`;

/** Ends `WALK_IN_ORDER` before the end of the transaction. */
export const PLAN_FREELY = `set local enable_bitmapscan to default; set local enable_seqscan to default; set local enable_sort to default;
  set local enable_hashjoin to default; set local enable_mergejoin to default`;

/**
 * Runs `read`, then `work` with what was read, on one connection and without a transaction.
 * @param read changes nothing: it may run on several connections, one after the other
 */
export async function readThen<Read, Result>(
  db: Db,
  read: (client: pg.PoolClient) => Promise<Read>,
  work: (client: pg.PoolClient, found: Read) => Promise<Result>,
): Promise<Result> {
  const { client, result: found } = await beginOn(db, read);
  let broken: Error | undefined;
  try {
    return await work(client, found);
  } catch (error) {
    if (isDatabaseAway(error)) broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}

async function within<Result>(
  db: Db,
  begin: string,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const { client } = await beginOn(db, (candidate) => candidate.query(begin));
  let broken: Error | undefined;
  try {
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // A silent connection would not answer a rollback either; closing it rolls back as well.
    if (isSilence(error)) broken = error as Error;
    else
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * A connection on which `first` has run. Idle connections may have been cut without our knowing yet; nothing else has been asked on
 * them, so the next one is tried, until a fresh one cannot be had either.
 */
async function beginOn<Result>(
  db: Db,
  first: (client: pg.PoolClient) => Promise<Result>,
): Promise<{ client: pg.PoolClient; result: Result }> {
  for (let idle = db.idleCount; ; idle -= 1) {
    const client = await db.connect();
    try {
      return { client, result: await first(client) };
    } catch (error) {
      client.release(error as Error);
      if (idle <= 0 || isSilence(error) || !isDatabaseAway(error)) throw error;
    }
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message === SILENT;
}

/** Whether the error means that the database cannot be reached or is shutting down, rather than that a query is wrong. */
export function isDatabaseAway(error: unknown): boolean {
  // Unlike instanceof, this also recognises errors from another context, as in tests.
  if (!isNativeError(error)) return false;
  const { code } = error as Error & { code?: string };
  if (code !== undefined) {
    // 08: connection, 25P03: idle in a transaction for too long, 53: resources (too many connections, disk full),
    // 57014: the statement's time is up, 57P: operator intervention, 58030: input or output failed
    return /^(08|25P03|53|57014|57P|58030|ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EPIPE|ENOENT|EAI_AGAIN)/.test(
      code,
    );
  }
  if (isSilence(error)) return true;
  return /timeout expired|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end/.test(
    error.message,
  );
}

/** Whether the error means that a table, column, function or type does not exist. */
export function isSchemaMismatch(error: unknown): boolean {
  return ['42P01', '42703', '42883', '42704'].includes((error as { code?: string } | null)?.code ?? '');
}

/** A row changed between two statements; a repetition may succeed. */
export class PassingError extends Error {}

/** Whether another transaction caused the error (40: we were rolled back for it; 55P03: its lock was held too long). */
export function isPassing(error: unknown): boolean {
  if (error instanceof PassingError) return true;
  return /^(40|55P03)/.test((error as { code?: string } | null)?.code ?? '');
}

const TRIES = 5;

/** Repeats `work`, up to `TRIES` times, while another transaction is in its way. */
export async function persistently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = TRIES; ; tries -= 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === 1 || !isPassing(error)) throw error;
    }
  }
}

/** Whether the error is a violation of the unique constraint or index of that name. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const { code, constraint: name } = (error ?? {}) as { code?: string; constraint?: string };
  return code === '23505' && name === constraint;
}

/** Whether the error means that a text cannot be stored: PostgreSQL takes every character but NUL. */
export function isUnstorableText(error: unknown): boolean {
  return ['22021', '22P05'].includes((error as { code?: string } | null)?.code ?? '');
}
