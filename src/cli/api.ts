/** API client of the commands: a call gives the answer in the expected shape, or an error that says what is wrong and what to do. */
import { z } from 'zod';
import { trustedAuthorities } from '../http/authorities.ts';
import type { Connection } from './connection.ts';
import { CommandError, EXIT, UsageError } from './failures.ts';
import { describeSilence } from './no-answer.ts';

/** A refusal by the API. */
export class ApiError extends CommandError {
  /** the HTTP status */
  readonly status: number;
  constructor(message: string, status: number) {
    super(message, EXIT.failed);
    this.status = status;
  }
}

/** There was no answer, or the answer was not from Tidings. */
class NoAnswerError extends CommandError {
  constructor(message: string, cause?: unknown) {
    super(message, EXIT.noAnswer, { cause });
  }
}

type Call = { method: string; path: string; body?: string; headers?: Record<string, string> };
type Reply = { status: number; type: string; text: string; location: string };

/** A longer answer is not read to its end; none of the API is as long. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * @param answer the shape of a success; `z.unknown()` for one without a body
 * @throws ApiError in the words of the API; NoAnswerError when Tidings does not answer
 */
export async function callApi<Answer extends z.ZodType>(
  connection: Connection,
  call: Call,
  answer: Answer,
): Promise<z.infer<Answer>> {
  const reply = await ask(connection, call);
  if (reply.status >= 300 && reply.status < 400) {
    throw new NoAnswerError(
      `${connection.url} redirects to ${reply.location || 'another place'}. Pass the URL of Tidings itself with --url.`,
    );
  }
  if (reply.status >= 400) throw refusal(connection, reply);
  return parsed(connection, reply, answer);
}

const page = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ items: z.array(item), next_cursor: z.string().nullish() });

/** Every item of a list, page after page. */
export async function* callPages<Item extends z.ZodType>(
  connection: Connection,
  path: string,
  item: Item,
  pageSize = 200,
): AsyncGenerator<z.infer<Item>, void> {
  const [base, given] = path.split('?');
  const query = new URLSearchParams(given);
  query.set('limit', String(pageSize));
  for (;;) {
    const { items, next_cursor: next } = await callApi(
      connection,
      { method: 'GET', path: `${base}?${query}` },
      page(item),
    );
    yield* items as z.infer<Item>[];
    if (next === null || next === undefined) return;
    query.set('cursor', next);
  }
}

async function ask(connection: Connection, { method, path, body, headers }: Call): Promise<Reply> {
  // Loaded only when needed, to keep `tidings --help` quick.
  const { Agent, fetch } = await import('undici');
  const file = process.env.TIDINGS_CA_FILE;
  const dispatcher = file ? new Agent({ connect: { ca: authorities(file) } }) : undefined;
  try {
    const response = await fetch(connection.url + path, {
      method,
      // Following a redirect would send the key to another server.
      redirect: 'manual',
      signal: AbortSignal.timeout(connection.timeoutMs),
      headers: {
        'x-api-key': connection.key,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(dispatcher && { dispatcher }),
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
    }
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      location: response.headers.get('location') ?? '',
      text: Buffer.concat(chunks).toString(),
    };
  } catch (error) {
    throw new NoAnswerError(describeSilence(connection, error), error);
  } finally {
    await dispatcher?.close().catch(() => {});
  }
}

function authorities(file: string): string[] {
  try {
    return [...(trustedAuthorities([file])?.all ?? [])];
  } catch (error) {
    throw new UsageError(`TIDINGS_CA_FILE: ${file} cannot be used: ${(error as Error).message}.`);
  }
}

const problem = z.looseObject({ title: z.string(), detail: z.string().optional(), code: z.string() });

/** The error for a status of 400 or more, in the words of the API if it sent a problem. */
function refusal(connection: Connection, { status, type, text }: Reply): CommandError {
  const said = /json/.test(type) ? problem.safeParse(fromJson(text)) : null;
  if (!said?.success) {
    return new NoAnswerError(
      `${connection.url} answered ${status} (${type.split(';')[0] || 'without a type'}), which is not how Tidings answers. ${whatToCheck(connection)}`,
    );
  }
  const { title, detail } = said.data;
  const words = detail === undefined ? `${title}.` : `${title}: ${detail}`;
  return new ApiError(
    status === 401 ? `${words} (The key came from ${connection.keySource}.)` : words,
    status,
  );
}

function parsed<Answer extends z.ZodType>(
  connection: Connection,
  { status, type, text }: Reply,
  answer: Answer,
): z.infer<Answer> {
  const value = text === '' ? undefined : fromJson(text);
  const result = answer.safeParse(value);
  if (result.success && (value !== undefined || status === 204)) return result.data;
  const what =
    text === ''
      ? 'an empty answer'
      : /json/.test(type)
        ? value === undefined
          ? 'JSON that breaks off'
          : 'JSON of another kind'
        : type.split(';')[0] || 'something without a type';
  throw new NoAnswerError(
    `${connection.url} answered ${status} with ${what}, which is not how Tidings answers. ${whatToCheck(connection)}`,
  );
}

const whatToCheck = ({ urlSource }: Connection) =>
  `Check the URL (from ${urlSource}), or pass another with --url.`;

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
