/**
 * Jest's global set-up: one PostgreSQL and one Temporal for all test files, which learn of them through the environment.
 * Both end with this process, however it ends. Jest does not transform what this file imports, so it runs from the build.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../src/embedded/postgres.ts';
import { startTemporal } from '../../src/embedded/temporal.ts';
import { findTemporalProgram } from '../../src/embedded/temporal-program.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createPool } from '../../src/store/pool.ts';
import { WORKFLOW_BUNDLE } from '../../src/temporal/workflow-bundle.ts';
import { onTearDown } from './test-servers.ts';

export default async function setUp(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  const log = (name: string) => join(folder, name);
  const program = await findTemporalProgram(process.env.TIDINGS_TEMPORAL_CLI, (line) =>
    process.stderr.write(`${line}\n`),
  );
  const [postgres, temporal] = await Promise.all([
    startPostgres({ directory: join(folder, 'postgres'), logFile: log('postgres.log'), durable: false }),
    startTemporal({
      program,
      dataFile: null,
      logFile: log('temporal.log'),
      ui: process.env.TIDINGS_E2E_BROWSER !== undefined,
    }),
  ]);
  const template = createPool(postgres.url, { patient: true });
  await migrate(template, join(PACKAGE_ROOT, 'migrations'));
  await template.end();
  process.env.TEST_POSTGRES_URL = postgres.url;
  process.env.TEST_TEMPORAL_ADDRESS = temporal.address;
  process.env.TEST_TEMPORAL_UI = temporal.uiUrl ?? '';
  process.env.TEST_TEMPORAL_PROGRAM = program;
  process.env.TEST_WORKFLOW_BUNDLE = WORKFLOW_BUNDLE;
  process.env.TEST_FAULTS_ACCOUNT = log('faults.jsonl');
  onTearDown(async () => {
    await Promise.all([postgres.stop(), temporal.stop()]);
    await rm(folder, { recursive: true, force: true });
  });
}
