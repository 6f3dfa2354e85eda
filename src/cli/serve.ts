/** `tidings serve`, `api` and `worker`: the production processes, against a PostgreSQL and a Temporal of yours. */
import type { Command } from 'commander';
import { readEnvironment } from '../config.ts';
import { createLogger } from '../logger.ts';
import { runProcess } from '../runtime/processes.ts';
import { untilSignal } from './shutdown.ts';

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
        const environment = readEnvironment(process.env);
        const logger = createLogger(environment.TIDINGS_LOG_LEVEL);
        // Heard from the first moment: a signal during the start ends it in order too.
        const signal = untilSignal();
        const service = await runProcess(environment, roles, logger);
        // A worker that cannot be made will not get better by waiting: let the supervisor start it again.
        service.working.catch(() => process.exit(1));
        logger.info({ signal: await signal }, 'finishing what is in flight');
        await service.stop();
        process.exit(0);
      });
  }
}
