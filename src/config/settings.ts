/** Checks the environment of a process before anything is started: one error names everything that is wrong or missing. */
import { accessSync, constants, statSync } from 'node:fs';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { parseIntoClientConfig } from 'pg-connection-string';
import { readCertificates } from '../http/authorities.ts';
import { checkEnvironment, type Environment, refuse } from './environment.ts';

/** What a process needs of the environment. */
export type Needs = {
  /** it serves the API */
  api?: boolean;
  database?: boolean;
  temporal?: boolean;
  /** the admin key and the encryption keys */
  keys?: boolean;
  /** a database or Temporal that the environment does not name runs embedded, in the data directory */
  embedded?: boolean;
};

/** @throws ConfigError naming each variable that is wrong, missing, or names a file that cannot be used */
export function readSettings(needs: Needs, env: NodeJS.ProcessEnv = process.env): Environment {
  const { values, problems } = checkEnvironment(env, needs.api ?? false);
  const refused = new Set(problems.map((line) => line.split(':')[0]));
  const isMissing = (name: keyof Environment) => !values[name] && !refused.has(name);
  refuse([...problems, ...missing(needs, isMissing), ...useProblems(values, needs, env)]);
  return values as Environment;
}

/** The same checks for an environment whose values have been read already. @throws ConfigError */
export function requireUsable(environment: Environment, needs: Needs): void {
  refuse([...missing(needs, (name) => !environment[name]), ...useProblems(environment, needs, process.env)]);
}

function useProblems(
  values: Partial<Environment>,
  needs: Needs,
  { NODE_EXTRA_CA_CERTS }: NodeJS.ProcessEnv,
): string[] {
  const { TIDINGS_CA_FILE, TIDINGS_DATA_DIR, TIDINGS_TEMPORAL_CLI, DATABASE_URL } = values;
  const usesEmbedded = needs.embedded && values.TEMPORAL_ADDRESS === undefined;
  return [
    ...tried('TIDINGS_CA_FILE', TIDINGS_CA_FILE, readCertificates),
    ...tried('NODE_EXTRA_CA_CERTS', NODE_EXTRA_CA_CERTS || undefined, readCertificates),
    ...tried('TIDINGS_DATA_DIR', needs.embedded ? TIDINGS_DATA_DIR : undefined, requireFolder),
    ...tried('TIDINGS_TEMPORAL_CLI', usesEmbedded ? TIDINGS_TEMPORAL_CLI : undefined, requireProgram),
    ...databaseProblems(DATABASE_URL),
    ...(needs.temporal || (needs.embedded && !usesEmbedded) ? temporalProblems() : []),
  ];
}

function missing(needs: Needs, isMissing: (name: keyof Environment) => boolean): string[] {
  const problems: string[] = [];
  const keys = needs.keys
    ? (['TIDINGS_ADMIN_KEY', 'TIDINGS_ENCRYPTION_KEYS'] as const).filter(isMissing)
    : [];
  if (keys.length > 0) {
    problems.push(
      `${keys.join(' and ')} must be set. Make them once and keep them:\n` +
        '    TIDINGS_ADMIN_KEY=$(openssl rand -hex 24)\n' +
        '    TIDINGS_ENCRYPTION_KEYS=k1:$(openssl rand -base64 32)',
    );
  }
  const orStart = (what: string) => `or use \`npm start\`, which runs a ${what} of its own.`;
  if (needs.database && isMissing('DATABASE_URL')) {
    problems.push(`DATABASE_URL must be set (postgres://…), ${orStart('PostgreSQL')}`);
  }
  if (needs.temporal && isMissing('TEMPORAL_ADDRESS')) {
    problems.push(`TEMPORAL_ADDRESS must be set (host:port), ${orStart('Temporal')}`);
  }
  return problems;
}

function tried(name: string, value: string | undefined, use: (value: string) => unknown): string[] {
  if (value === undefined) return [];
  try {
    use(value);
    return [];
  } catch (error) {
    return [`${name}: ${value} cannot be used: ${(error as Error).message}`];
  }
}

function requireFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) throw new Error('it is not a folder');
}

/** Does not check a name without a slash, which is found on the `PATH` when it is run. */
function requireProgram(path: string): void {
  if (path.includes('/')) accessSync(path, constants.X_OK);
}

/** Checks the URL and the files that it names: certificates and keys. The message does not repeat the URL, which may hold a password. */
function databaseProblems(url: string | undefined): string[] {
  if (url === undefined) return [];
  try {
    parseIntoClientConfig(url);
    return [];
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (path !== undefined) return [`DATABASE_URL: it names ${path}, which cannot be read (${code})`];
    return [
      `DATABASE_URL: it cannot be read${/^SECURITY|^Invalid port/.test(message) ? `: ${message}` : ''}`,
    ];
  }
}

/** Checks Temporal's own variables and its configuration file. */
function temporalProblems(): string[] {
  try {
    loadClientConnectConfig();
    return [];
  } catch (error) {
    return [`TEMPORAL_*: ${(error as Error).message}`];
  }
}
