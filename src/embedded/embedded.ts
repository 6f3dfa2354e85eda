/** Runs the embedded PostgreSQL and Temporal, if the environment names none: starts them, restarts one that died, stops them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../observability/logger.ts';
import { type Lock, takeLock } from './lock-file.ts';
import { startPostgres } from './postgres.ts';
import { startTemporal } from './temporal.ts';
import { findTemporalProgram, type Progress } from './temporal-program.ts';

export type EmbeddedParts = {
  /** null: not asked for */
  databaseUrl: string | null;
  temporal: { address: string; uiUrl: string | null } | null;
  /** @param graceMs how long each may take before it is killed */
  stop(graceMs?: number): Promise<void>;
};

const RESTART_MS = 1_000;

/** @throws Error when another process uses the data directory, or a part does not start */
// Long because a part that does not start must stop those that have started.
export async function startEmbedded(options: {
  dataDir: string;
  wanted: { postgres: boolean; temporal: boolean };
  /** the program that `TIDINGS_TEMPORAL_CLI` names */
  temporalCli: string | undefined;
  logger: Logger;
  progress: Progress;
}): Promise<EmbeddedParts> {
  const { dataDir, wanted, logger, progress } = options;
  const logs = join(dataDir, 'logs');
  await mkdir(logs, { recursive: true });
  const lock = await ownDataDirectory(dataDir);
  const parts: KeptAlive<unknown>[] = [];
  const keep = async <Part extends RunningPart>(name: string, start: () => Promise<Part>): Promise<Part> => {
    const kept = await keepAlive(name, start, logger);
    parts.push(kept);
    return kept.first;
  };
  const timed = async <Part>(what: string, work: Promise<Part>): Promise<Part> => {
    const started = Date.now();
    const part = await work;
    progress(`${what} is up (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    return part;
  };
  const postgres = wanted.postgres
    ? timed(
        'PostgreSQL',
        keep('PostgreSQL', () =>
          startPostgres({ directory: join(dataDir, 'postgres'), logFile: join(logs, 'postgres.log') }),
        ),
      )
    : null;
  const temporal = wanted.temporal
    ? findTemporalProgram(options.temporalCli, progress).then(runTemporal)
    : null;
  const stop = async (graceMs?: number) => {
    await Promise.all(parts.map((part) => part.stop(graceMs)));
    await lock.release();
  };
  const [database, engine] = await Promise.allSettled([postgres, temporal]);
  for (const result of [database, engine]) {
    if (result.status === 'fulfilled') continue;
    await stop();
    throw result.reason;
  }
  return {
    databaseUrl: settledValue(database)?.url ?? null,
    temporal: settledValue(engine) ?? null,
    stop,
  };

  function runTemporal(program: string) {
    const dataFile = join(dataDir, 'temporal', 'temporal.sqlite');
    const logFile = join(logs, 'temporal.log');
    let samePorts = false;
    return timed(
      'Temporal',
      keep('Temporal', async () => {
        const temporal = await startTemporal({ program, dataFile, logFile, samePorts });
        // Clients know Temporal by its ports, so a restart waits until they are free.
        samePorts = true;
        return temporal;
      }),
    );
  }
}

function settledValue<Value>(result: PromiseSettledResult<Value>): Value | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}

async function ownDataDirectory(dataDir: string): Promise<Lock> {
  const lock = await takeLock(join(dataDir, 'lock'));
  if ('release' in lock) return lock;
  throw new Error(
    `Another Tidings (process ${lock.heldBy}) uses the data directory ${dataDir}. ` +
      'Stop it, or give this one another directory with TIDINGS_DATA_DIR.',
  );
}

type RunningPart = { died: Promise<string>; stop(graceMs?: number): Promise<void> };
type KeptAlive<Part> = { first: Part; stop(graceMs?: number): Promise<void> };

/**
 * Starts a part, and starts it again whenever it dies, on the same port with the same data. It is no periodic task, since it waits for
 * the part's end, and ends itself with the first start that succeeds.
 */
async function keepAlive<Part extends RunningPart>(
  name: string,
  start: () => Promise<Part>,
  logger: Logger,
): Promise<KeptAlive<Part>> {
  let current = await start();
  const first = current;
  let stopping = false;
  const watch = (part: Part): void => {
    part.died.then(
      async (lastOutput) => {
        logger.error(
          { part: name, lastOutput },
          'an embedded server has ended unexpectedly and is started again',
        );
        while (!stopping) {
          try {
            current = await start();
            if (stopping) await current.stop();
            else watch(current);
            return;
          } catch (error) {
            logger.error(
              { part: name, reason: (error as Error).message },
              'an embedded server could not be started again; it is tried again',
            );
            await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
          }
        }
      },
      () => {},
    );
  };
  watch(current);
  return {
    first,
    async stop(graceMs) {
      stopping = true;
      await current.stop(graceMs);
    },
  };
}
