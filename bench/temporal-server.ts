/** Temporal's server on PostgreSQL, as an installation on one machine runs it: four services in a process, 4 shards. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { spawnGuarded } from '../src/embedded/guarded-process.ts';
import { distinctPorts } from './ports.ts';

const run = promisify(execFile);

export const HISTORY_SHARDS = 4;
const DATABASES = { temporal: 'temporal', visibility: 'temporal_visibility' };
const SERVICES = ['frontend', 'history', 'matching', 'worker'];

export type TemporalServer = { address: string; pidFile: string; stop(): Promise<void> };

/** Makes Temporal's two databases with their tables. @param database the cluster, as its superuser */
export async function makeTables(sqlTool: string, database: URL): Promise<void> {
  for (const [schema, name] of Object.entries(DATABASES)) {
    const tool = (...args: string[]) =>
      run(sqlTool, ['--plugin', 'postgres12', '--ep', database.hostname, '--port', database.port, ...args], {
        env: { ...process.env, SQL_USER: database.username, SQL_PASSWORD: database.password },
      });
    await tool('--database', name, 'create-database');
    await tool('--database', name, 'setup-schema', '--version', '0.0');
    await tool('--database', name, 'update-schema', '--schema-name', `postgresql/v12/${schema}`);
  }
}

/**
 * @param options.folder for its settings and its log
 * @param options.database the cluster with the tables that `makeTables` made, as its superuser
 * @returns once it answers
 * @throws Error with what it wrote last when it does not start
 */
export async function startTemporalServer(options: {
  program: string;
  folder: string;
  database: URL;
}): Promise<TemporalServer> {
  const { program, folder, database } = options;
  await mkdir(join(folder, 'config'), { recursive: true });
  const ports = await distinctPorts(SERVICES.length * 2 + 1);
  const [frontendPort] = ports;
  const limitsFile = join(folder, 'config', 'limits.yaml');
  // JSON is YAML.
  await writeFile(limitsFile, JSON.stringify(LIMITS));
  await writeFile(
    join(folder, 'config', 'bench.yaml'),
    JSON.stringify(configuration({ ports, database, limitsFile })),
    { mode: 0o600 },
  );
  const pidFile = join(folder, 'pid');
  const server = await spawnGuarded({
    command: program,
    args: ['--root', folder, '--config', 'config', '--env', 'bench', '--allow-no-auth', 'start'],
    stopSignal: 'TERM',
    logFile: join(folder, 'log'),
    pidFile,
  });
  const address = `127.0.0.1:${frontendPort}`;
  await server.ready("Temporal's server", () => askOnce(address));
  return { address, pidFile, stop: () => server.stop(2_000) };
}

/** The server protects a cluster that many share; here it shall show what the machine can do. */
const LIMITS = Object.fromEntries(
  Object.entries({
    'frontend.rps': 100_000,
    'frontend.namespaceRPS': 100_000,
    'frontend.namespaceRPS.visibility': 1_000,
    'frontend.globalNamespaceRPS': 100_000,
    'history.rps': 100_000,
    'history.persistenceMaxQPS': 100_000,
    'matching.rps': 100_000,
    'matching.persistenceMaxQPS': 100_000,
    'frontend.persistenceMaxQPS': 100_000,
  }).map(([name, value]) => [name, [{ value }]]),
);

function configuration({
  ports,
  database,
  limitsFile,
}: {
  ports: number[];
  database: URL;
  limitsFile: string;
}) {
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: database.host,
      connectProtocol: 'tcp',
      user: database.username,
      password: database.password,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const [frontendPort] = ports;
  const service = (at: number) => ({
    rpc: { grpcPort: ports[at], membershipPort: ports[SERVICES.length + at], bindOnIP: '127.0.0.1' },
  });
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: HISTORY_SHARDS,
      // The sample configuration's pools. Each of the four services has its own.
      datastores: { default: store(DATABASES.temporal, 20), visibility: store(DATABASES.visibility, 10) },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' },
      pprof: { port: ports.at(-1), host: '127.0.0.1' },
    },
    services: Object.fromEntries(SERVICES.map((name, at) => [name, service(at)])),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${frontendPort}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: limitsFile, pollInterval: '60s' },
  };
}

async function askOnce(address: string): Promise<void> {
  const connection = Connection.lazy({ address });
  try {
    await connection.withDeadline(Date.now() + 1_000, () => connection.workflowService.getSystemInfo({}));
  } finally {
    await connection.close();
  }
}
