/** `tidings serve`, `api` and `worker`: the production processes, on a PostgreSQL and a Temporal that the operator runs. */
import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { EXIT } from './failures.ts';
import { untilSignal } from './shutdown.ts';

/** Time to finish starting for a process that gets a signal meanwhile, so that it can be stopped in order. */
const START_MS = 5_000;

const PROCESSES = {
  serve: {
    roles: { api: true, worker: true },
    description: 'Run API and worker in one process; run several of them to scale',
  },
  api: { roles: { api: true, worker: false }, description: 'Run an API without a worker' },
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
        // Handled before the start, so that a signal during it ends the process in order, too.
        const signal = untilSignal();
        const starting = runProcess(environment, roles, logger);
        const service = await Promise.race([starting, signal.then(() => null)]);
        // A process that waits for its database has nothing in flight. One that is starting is stopped once it has started.
        if (service === null) {
          await Promise.race([starting.then((late) => late.stop()), setTimeout(START_MS)]);
          process.exit(EXIT.done);
        }
        // Waiting does not help a worker that cannot be made: the supervisor should start the process again.
        service.working.catch(() => process.exit(EXIT.failed));
        logger.info({ signal: await signal }, 'stopping: requests and attempts in flight are finished first');
        await service.stop();
        process.exit(EXIT.done);
      });
  }
}
