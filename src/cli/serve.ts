/** `tidings serve`, `api` and `worker`: the production processes, against a PostgreSQL and a Temporal of yours. */
import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { EXIT } from './failures.ts';
import { untilSignal } from './shutdown.ts';

/** How long a process that is told to stop while it starts is given to have started. */
const START_MS = 5_000;

const PROCESSES = {
  serve: {
    roles: { api: true, worker: true },
    description: 'Run API and worker in one process: the shape to replicate',
  },
  api: { roles: { api: true, worker: false }, description: 'Run an API that leaves the work to workers' },
  worker: { roles: { api: false, worker: true }, description: 'Run a worker without an API' },
} as const;

export function serveCommands(program: Command): void {
  for (const [name, { roles, description }] of Object.entries(PROCESSES)) {
    program
      .command(name)
      .description(`${description} (DATABASE_URL, TEMPORAL_ADDRESS)`)
      .action(async () => {
        const { createLogger } = await import('../observability/logger.ts');
        const { PRODUCTION, runProcess } = await import('../runtime/processes.ts');
        const { readSettings } = await import('../config/settings.ts');
        const environment = readSettings({ ...PRODUCTION, api: roles.api });
        const logger = createLogger(environment.TIDINGS_LOG_LEVEL);
        // Heard from the first moment: a signal during the start ends it in order too.
        const signal = untilSignal();
        const starting = runProcess(environment, roles, logger);
        const service = await Promise.race([starting, signal.then(() => null)]);
        // What waits for its database has nothing in flight; what is just starting is stopped when it has.
        if (service === null) {
          await Promise.race([starting.then((late) => late.stop()), setTimeout(START_MS)]);
          process.exit(EXIT.done);
        }
        // A worker that cannot be made will not get better by waiting: let the supervisor start it again.
        service.working.catch(() => process.exit(EXIT.failed));
        logger.info({ signal: await signal }, 'finishing what is in flight');
        await service.stop();
        process.exit(EXIT.done);
      });
  }
}
