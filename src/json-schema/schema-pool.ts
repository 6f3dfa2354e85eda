/**
 * Thread pool in which tenants' own schemas are compiled and applied, so that a costly schema burdens only these threads. Each
 * call has a time limit, each tenant a budget of time. No tenant gets all threads. A thread that overruns is ended and replaced.
 */
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { type FieldError, Problem } from '../domain/errors.ts';
import type { Logger } from '../observability/logger.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { createFairQueue, QueueFullError } from './fair-queue.ts';
import { newSigns, watchJob } from './job-watch.ts';
import type { Answer, CheckJob, Refusal, RegisterJob } from './schema-jobs.ts';
import { createTenantBudget } from './tenant-budget.ts';

export type SchemaPool = {
  /**
   * Applies a tenant's schema.
   * @param dataTexts raw JSON
   * @returns for each of them, the fields that do not match
   * @throws SchemaRefusal; Problem too_many_requests
   */
  check(tenantId: string, schemaText: string, dataTexts: string[]): Promise<FieldError[][]>;
  /**
   * Compiles a schema that a tenant wants to use, and applies it to its example.
   * @returns the fields of the example that do not match
   * @throws SchemaRefusal; Problem too_many_requests
   */
  register(tenantId: string, schemaText: string, exampleText: string): Promise<FieldError[]>;
  /** Ends the threads, whatever they do. */
  close(): Promise<void>;
};

/** Why a schema cannot be compiled or applied; the message continues "The schema …". */
export class SchemaRefusal extends Error {
  /** `schema`: it cannot be used; `cost`: it takes too much time or memory */
  readonly by: 'schema' | 'cost';

  constructor(by: 'schema' | 'cost', reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.by = by;
  }
}

export type SchemaPoolRules = {
  threads: number;
  /** milliseconds of a thread that a tenant may use in a second */
  msPerS: number;
  logger: Pick<Logger, 'warn'>;
};

/** The built file, even when a test runs the sources. */
const WORKER = join(PACKAGE_ROOT, 'dist', 'src', 'json-schema', 'schema-worker.js');

const MIB = 1024 * 1024;
/** A large schema takes some 200 ms on a slow machine. */
const COMPILE_MS = 1_000;
const CHECK_MS = 250;
const CHECK_MS_PER_MIB = 250;
/** Characters of data in one call; more are split into several calls. */
const MAX_CALL_LENGTH = MIB;
/** For all patterns of a schema together: 1 KiB of data then takes some 250 ms at worst. */
const MAX_INSTRUCTIONS = 20_000;
/** A tenant that has used nothing for so many seconds may use their whole budget at once. */
const BURST_S = 20;
const MAX_WAITING = 2_000;
const MAX_WAITING_LENGTH = 32 * MIB;
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 };

// Long because each call goes through the budget, the queue and the threads.
export function createSchemaPool({ threads, msPerS, logger }: SchemaPoolRules): SchemaPool {
  const budget = createTenantBudget(msPerS, msPerS * BURST_S);
  const queue = createFairQueue({
    places: threads,
    placesPerKey: Math.max(1, threads - 1),
    maxWaiting: MAX_WAITING,
    maxSize: MAX_WAITING_LENGTH,
  });
  // Started by the first call, because most tenants have no schema of their own.
  let pool: Piscina | undefined;

  async function call<Result>(tenantId: string, job: Call): Promise<Result> {
    refuseOverBudget(tenantId);
    try {
      return await queue.run(tenantId, job.job.schemaText.length + job.length, async () => {
        refuseOverBudget(tenantId);
        return await runWithRetry<Result>(tenantId, job);
      });
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      throw tryAgain("Too many checks against the tenant's own schemas are waiting.");
    }
  }

  function refuseOverBudget(tenantId: string): void {
    const retryAfterS = budget.waitS(tenantId);
    if (retryAfterS === 0) return;
    throw new Problem(
      'too_many_requests',
      `Checks against the tenant's own schemas have used up their time, ${msPerS} ms a second. ` +
        `Try again in ${retryAfterS} s, and simplify the schemas: nested repetitions, alternatives and references multiply the work.`,
      { retryAfterS },
    );
  }

  async function run<Result>(tenantId: string, { name, job, length }: Call): Promise<Result> {
    pool ??= startPool(threads);
    const signs = newSigns();
    const ending = new AbortController();
    const limitMs = { compile: COMPILE_MS, check: checkMs(length) };
    const watch = watchJob(signs, limitMs, (why) => ending.abort(why));
    try {
      const answer: Answer<Result> = await pool.run({ ...job, signs }, { name, signal: ending.signal });
      budget.spend(tenantId, answer.ms);
      if ('refusal' in answer) throw refusalOf(answer.refusal);
      return answer.result;
    } catch (error) {
      if (error instanceof SchemaRefusal) throw error;
      budget.spend(tenantId, watch.spentMs());
      throw endOf(error, ending.signal.reason, tenantId);
    } finally {
      watch.end();
    }
  }

  /** @returns the error to throw when a thread was ended with its job */
  function endOf(error: unknown, why: unknown, tenantId: string): unknown {
    const isOutOfMemory = (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';
    if (why === undefined && !isOutOfMemory) return error;
    logger.warn(
      { tenant: tenantId, why: why ?? 'memory' },
      "a thread that checked a tenant's own schema was ended",
    );
    if (why === 'stuck')
      return tryAgain('This machine is too busy to check the data against the schema of its type.');
    return new SchemaRefusal('cost', isOutOfMemory ? OUT_OF_MEMORY : 'takes too long', { cause: error });
  }

  /** Earlier jobs may have filled the thread's memory, so a job that runs out of memory gets a second try in a new thread. */
  async function runWithRetry<Result>(tenantId: string, job: Call): Promise<Result> {
    try {
      return await run<Result>(tenantId, job);
    } catch (error) {
      if (!(error instanceof SchemaRefusal) || error.message !== OUT_OF_MEMORY) throw error;
      return await run<Result>(tenantId, job);
    }
  }

  return {
    async check(tenantId, schemaText, dataTexts) {
      const results: FieldError[][] = [];
      for (const texts of inCalls(dataTexts)) {
        results.push(...(await call<FieldError[][]>(tenantId, checkCall(schemaText, texts))));
      }
      return results;
    },
    register: (tenantId, schemaText, exampleText) =>
      call(tenantId, {
        name: 'register',
        job: { schemaText, exampleText, maxInstructions: MAX_INSTRUCTIONS },
        length: exampleText.length,
      }),
    async close() {
      await pool?.destroy();
    },
  };
}

const OUT_OF_MEMORY = 'takes too much memory';

function tryAgain(reason: string): Problem {
  return new Problem('too_many_requests', `${reason} Try again in a second.`, { retryAfterS: 1 });
}

/** `length`: characters of the data. */
type Call = { length: number } & (
  | { name: 'check'; job: Omit<CheckJob, 'signs'> }
  | { name: 'register'; job: Omit<RegisterJob, 'signs'> }
);

const checkMs = (length: number) => CHECK_MS + Math.ceil((length / MIB) * CHECK_MS_PER_MIB);

function checkCall(schemaText: string, dataTexts: string[]): Call {
  const length = dataTexts.reduce((sum, text) => sum + text.length, 0);
  return { name: 'check', job: { schemaText, dataTexts }, length };
}

/** The texts in order, in groups of at most MAX_CALL_LENGTH. */
function inCalls(dataTexts: string[]): string[][] {
  const calls: string[][] = [];
  let left = 0;
  for (const text of dataTexts) {
    if (calls.length === 0 || text.length > left) {
      calls.push([]);
      left = MAX_CALL_LENGTH;
    }
    calls.at(-1)?.push(text);
    left -= text.length;
  }
  return calls;
}

function refusalOf({ by, reason }: Refusal): SchemaRefusal {
  return new SchemaRefusal(by === 'depth' ? 'cost' : 'schema', reason);
}

function startPool(threads: number): Piscina {
  return new Piscina({
    filename: WORKER,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    resourceLimits: MEMORY,
    // Environment variables hold secrets, so threads that run tenants' schemas get none.
    env: {},
    execArgv: [],
    niceIncrement: 5,
    recordTiming: false,
  });
}
