/** Periodic check whether the database's schema fits this version, because migrations run, or are forgotten, while the process runs. */
import type { SchemaGate } from '../api/deps.ts';
import { Problem } from '../domain/errors.ts';
import type { Logger } from '../observability/logger.ts';
import { createPeriodicTask, type PeriodicTask } from '../periodic-task.ts';
import type { Db } from '../store/pool.ts';
import { readSchemaState, type SchemaComparison } from '../store/schema-state.ts';

/** Why the schema does not fit, and what to do about it. */
type Unfit = { schema: 'outdated' | 'incompatible'; advice: string };

export type SchemaWatch = SchemaGate &
  PeriodicTask & {
    /** Checks now; concurrent callers share the check. While the database is away, the last result stands. */
    look(): Promise<{ database: boolean }>;
    /** the last result, without a new check */
    unfit(): Unfit | null;
    /** resolves when the schema fits for the first time */
    fits: Promise<void>;
  };

const EVERY_MS = 2_000;
const RETRY_AFTER_S = 10;
const MAX_NAMED = 5;

/** @param deps.known the names of this version's migrations */
export function createSchemaWatch(deps: { db: Db; known: string[]; logger: Logger }): SchemaWatch {
  const { db, known, logger } = deps;
  let unfit: Unfit | null = null;
  let looking: ReturnType<SchemaWatch['look']> | null = null;
  let resolveFits: () => void = () => {};
  const fits = new Promise<void>((resolve) => {
    resolveFits = resolve;
  });

  function learn(next: Unfit | null): void {
    if (next !== null && next.advice !== unfit?.advice) logger.error({ schema: next.schema }, next.advice);
    if (next === null && unfit !== null) logger.info('the database schema fits this version again');
    unfit = next;
    if (unfit === null) resolveFits();
  }

  async function read(): ReturnType<SchemaWatch['look']> {
    const state = await readSchemaState(db, known).catch(() => null);
    if (state !== null) learn(judge(state));
    return { database: state !== null };
  }

  function look(): ReturnType<SchemaWatch['look']> {
    looking ??= read().finally(() => {
      looking = null;
    });
    return looking;
  }

  const problem = () => (unfit === null ? null : asProblem(unfit));
  return {
    ...createPeriodicTask({
      everyMs: EVERY_MS,
      work: look,
      logger,
      failed: 'the schema could not be checked',
    }),
    look,
    unfit: () => unfit,
    fits,
    problem,
    async recheck() {
      await look();
      return problem();
    },
  };
}

function judge({ missing, foreign }: SchemaComparison): Unfit | null {
  if (foreign.length > 0) {
    return {
      schema: 'incompatible',
      advice: `The database is newer than this version, and no longer fits it (${named(foreign)}). Run the newer version.`,
    };
  }
  if (missing.length === 0) return null;
  return {
    schema: 'outdated',
    advice: `The database is older than this version: run tidings migrate with this version. Missing: ${named(missing)}.`,
  };
}

const named = (names: string[]) =>
  names.length > MAX_NAMED
    ? `${names.slice(0, MAX_NAMED).join(', ')} and ${names.length - MAX_NAMED} more`
    : names.join(', ');

const CODES = { outdated: 'schema_outdated', incompatible: 'schema_incompatible' } as const;

const asProblem = ({ schema, advice }: Unfit) =>
  new Problem(CODES[schema], `${advice} Nothing was accepted; send it again later.`, {
    retryAfterS: RETRY_AFTER_S,
  });
