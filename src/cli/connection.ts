/** URL and API key of the service that a command calls: from options, then environment variables, then the service started here. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { ADMIN_KEY_FILE } from '../config/keys.ts';
import { isUrl } from '../variable-kinds.ts';
import { UsageError } from './failures.ts';

export type ConnectionOptions = { url?: string; key?: string; timeout?: number };

export type Connection = {
  /** without a slash at the end */
  url: string;
  key: string;
  /** where the key comes from, for error messages */
  keySource: string;
  /** where the URL comes from, for error messages */
  urlSource: string;
  timeoutMs: number;
};

/** File in the data directory in which a running `tidings start` writes its URL for other commands. */
export const URL_FILE = 'url';
const DEFAULT_URL = 'http://127.0.0.1:8400';
const DEFAULT_TIMEOUT_S = 30;
const MAX_TIMEOUT_S = 3_600;

/** Adds `--url`, `--key` and `--timeout`. A service that was started in this folder needs none of them. */
export function withConnectionOptions(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'where the API is (default: TIDINGS_URL, else the service started here)',
      urlOption,
    )
    .option(
      '--key <key>',
      'an API key (default: TIDINGS_API_KEY, TIDINGS_ADMIN_KEY, else the admin key of the service started here)',
      keyOption,
    )
    .option('--timeout <seconds>', 'how long to wait for an answer', secondsOption, DEFAULT_TIMEOUT_S);
}

/** @throws UsageError when an environment variable or a file is not valid, or there is no key */
export function connectionOf(options: ConnectionOptions, env: NodeJS.ProcessEnv = process.env): Connection {
  const { url, urlSource } = locate(options, env);
  return {
    url: url.replace(/\/+$/, ''),
    urlSource,
    ...keyFor(url, options, env),
    timeoutMs: (options.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
  };
}

function locate(options: ConnectionOptions, env: NodeJS.ProcessEnv): { url: string; urlSource: string } {
  if (options.url !== undefined) return { url: options.url, urlSource: '--url' };
  if (env.TIDINGS_URL)
    return { url: checked('TIDINGS_URL', env.TIDINGS_URL, urlOption), urlSource: 'TIDINGS_URL' };
  const file = join(dataDir(env), URL_FILE);
  const left = fromFile(file);
  if (left !== null) return { url: checked(file, left, urlOption), urlSource: file };
  return { url: DEFAULT_URL, urlSource: 'the default' };
}

function keyFor(
  url: string,
  options: ConnectionOptions,
  env: NodeJS.ProcessEnv,
): { key: string; keySource: string } {
  if (options.key !== undefined) return { key: options.key, keySource: '--key' };
  for (const name of ['TIDINGS_API_KEY', 'TIDINGS_ADMIN_KEY']) {
    const value = env[name];
    if (value) return { key: checked(name, value, keyOption), keySource: name };
  }
  const file = join(dataDir(env), ADMIN_KEY_FILE);
  // The admin key of the service here is not sent to any other service.
  const isHere = isLoopback(url) || url === fromFile(join(dataDir(env), URL_FILE));
  const key = isHere ? fromFile(file) : null;
  if (key !== null) return { key: checked(file, key, keyOption), keySource: file };
  throw new UsageError(
    isHere
      ? `There is no API key: nothing was started in ${dataDir(env)}. Start a service with npm start, or pass a key with --key or TIDINGS_API_KEY.`
      : `There is no API key for ${url}: pass one with --key or TIDINGS_API_KEY.`,
  );
}

const isLoopback = (url: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

const dataDir = (env: NodeJS.ProcessEnv) => resolve(env.TIDINGS_DATA_DIR || '.tidings');

function fromFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new UsageError(
      `${file} cannot be read (${code}). Correct TIDINGS_DATA_DIR, or pass --url and --key.`,
    );
  }
}

function checked(name: string, value: string, check: (value: string) => string): string {
  try {
    return check(value);
  } catch (error) {
    throw new UsageError(`${name} cannot be used: ${(error as Error).message}`);
  }
}

function urlOption(value: string): string {
  if (isUrl(value, { schemes: ['http', 'https'], path: true })) return value;
  throw new InvalidArgumentError('It must be an http or https URL like http://127.0.0.1:8400.');
}

function keyOption(value: string): string {
  const at = [...value].findIndex((character) => !/[!-~]/.test(character));
  if (value !== '' && at === -1) return value;
  // For an InvalidArgumentError, Commander would print the key.
  throw new UsageError(
    value === ''
      ? 'The API key is empty: pass one, or leave --key out.'
      : `The ${ordinal(at + 1)} character of this key cannot be part of an API key: keys are letters, digits and signs of ASCII, without blanks. Copy it again.`,
  );
}

function ordinal(count: number): string {
  const ending = { 1: 'st', 2: 'nd', 3: 'rd' }[count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? 'th';
  return `${count}${ending}`;
}

function secondsOption(value: string): number {
  const seconds = Number(value);
  if (/^\d+(\.\d+)?$/.test(value) && seconds > 0 && seconds <= MAX_TIMEOUT_S) return seconds;
  throw new InvalidArgumentError(`It must be a number of seconds, at most ${MAX_TIMEOUT_S}.`);
}

/** An id that somebody typed, encoded as a segment of a path. @throws UsageError for one that would lead to another path */
export function segment(what: string, id: string): string {
  if (/^\.{0,2}$/.test(id.trim())) throw new UsageError(`${JSON.stringify(id)} is no ${what}.`);
  try {
    return encodeURIComponent(id);
  } catch {
    throw new UsageError(`The ${what} is not UTF-8.`);
  }
}
