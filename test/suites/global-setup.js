/**
 * Jest's global set-up: one PostgreSQL and one Temporal for all test files, which learn of them through the environment.
 * Both end with this process, however it ends. Jest does not transform this file's imports, so it uses the build.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../dist/src/embedded/postgres.js';
import { startTemporal } from '../../dist/src/embedded/temporal.js';
import { findTemporalProgram } from '../../dist/src/embedded/temporal-program.js';
import { PACKAGE_ROOT } from '../../dist/src/package-root.js';
import { migrate } from '../../dist/src/store/migrate.js';
import { createPool } from '../../dist/src/store/pool.js';
import { WORKFLOW_BUNDLE } from '../../dist/src/temporal/workflow-bundle.js';

export default async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-test-'));
  const log = (name) => join(folder, name);
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
  globalThis.stopTestServers = async () => {
    await Promise.all([postgres.stop(), temporal.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
}
