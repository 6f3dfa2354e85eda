/** The client of the API that the commands share: where the service is, which key it takes, errors in its words. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';

export type ApiOptions = { url: string; key?: string };

/** What a running `tidings start` leaves in its data directory for the other commands. */
export const URL_FILE = 'url';

const dataDir = () => resolve(process.env.TIDINGS_DATA_DIR || '.tidings');

function fromDataDir(file: string): string | undefined {
  try {
    return readFileSync(join(dataDir(), file), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Adds `--url` and `--key`, which a service started in this folder makes unnecessary. */
export function withApiOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'where the API is (default: the service started here)').env('TIDINGS_URL'),
    )
    .addOption(
      new Option('--key <key>', 'an API key (default: the admin key of the service started here)').env(
        'TIDINGS_API_KEY',
      ),
    );
}

/** A refusal by the API, or no answer from it, in words for the terminal. */
export class ApiError extends Error {
  /** of the answer, where there was one */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** @throws ApiError with what the API says to do */
export async function callApi<Answer>(
  options: Partial<ApiOptions>,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const url = options.url ?? fromDataDir(URL_FILE) ?? 'http://127.0.0.1:8400';
  const key = options.key ?? process.env.TIDINGS_ADMIN_KEY ?? fromDataDir('admin.key') ?? '';
  let response: Response;
  try {
    response = await fetch(url.replace(/\/$/, '') + path, {
      method,
      headers: {
        'x-api-key': key,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
  } catch (error) {
    const reason = ((error as Error).cause as Error | undefined)?.message ?? (error as Error).message;
    throw new ApiError(`No answer from ${url} (${reason}). Is the service running? Start it with: npm start`);
  }
  const text = await response.text();
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer;
  throw new ApiError(refusal(response.status, text), response.status);
}

function refusal(status: number, text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title: string; detail: string };
    return `${title}: ${detail}`;
  } catch {
    return `The API answered ${status}: ${text.slice(0, 200)}`;
  }
}
