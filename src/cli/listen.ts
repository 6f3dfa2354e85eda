/** `tidings listen`: a receiver on this machine that verifies and prints webhooks. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Knows, type Verdict, verify, whyUnverifiable } from '../demo/verify.ts';
import type { SigningScheme } from '../domain/signing.ts';
import { visibleLines } from '../domain/visible-text.ts';
import { PROFILES, profileNamed } from '../profiles/index.ts';
import { type ConnectionOptions, connectionOf, withConnectionOptions } from './connection.ts';
import { UsageError } from './failures.ts';
import { createListenEndpoint } from './listen-endpoint.ts';
import { say, shown, warn, watchOutput, whenOutputCloses, write } from './output.ts';
import { untilSignal } from './shutdown.ts';

type Options = ConnectionOptions & {
  port: number;
  tenant?: string;
  profile?: string;
  secret?: string;
  authorization?: string;
  status: number;
};

type Verifier = { profile: string; knows: Knows };

/** Only the beginning of a longer body is printed; all of it is verified. */
const MAX_PRINTED_BYTES = 256 * 1024;

export function listenCommand(program: Command): void {
  withConnectionOptions(program.command('listen'))
    .description('Receive webhooks on this machine, verify and print them')
    .option('-p, --port <port>', 'port to listen on; 0 takes a free one', wholeNumberOption(0, 65_535), 0)
    .option(
      '-t, --tenant <tenant>',
      'create an endpoint of this tenant that leads here, and delete it at the end',
    )
    .addOption(
      new Option('--profile <profile>', 'the contract to verify by (default: standard-webhooks)')
        .choices(PROFILES.map(({ name }) => name))
        .conflicts('tenant'),
    )
    .addOption(new Option('--secret <secret>', 'the signing secret').conflicts('tenant'))
    .option(
      '--authorization <value>',
      'the Authorization value to expect; with --tenant also the one to send',
    )
    .option('--status <status>', 'the status to answer with', wholeNumberOption(200, 599), 200)
    .action(listen);
}

function wholeNumberOption(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d{1,5}$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

async function listen(options: Options): Promise<void> {
  // Signals are handled before anything is created, so that the endpoint is removed however the command ends.
  const end = new AbortController();
  whenOutputCloses(() => end.abort());
  watchOutput();
  void untilSignal().then(() => end.abort());
  const verifier = givenVerifier(options);
  const connection = options.tenant === undefined ? null : connectionOf(options);
  let canVerify = connection === null;
  const server = createReceiver(options.status, () => (canVerify ? verifier : null));
  const here = await started(server, options.port);
  const endpoint =
    connection === null || options.tenant === undefined
      ? null
      : await createListenEndpoint(connection, options.tenant, here, options.authorization);
  if (endpoint !== null) Object.assign(verifier, endpoint.verifier);
  canVerify = true;
  try {
    say`Listening on ${here}${endpoint === null ? '' : ` as ${endpoint.id}`}. Ctrl-C ends it.`;
    const why = whyUnverifiable(verifier.profile, verifier.knows);
    if (why !== null) warn`What comes is not verified: ${why}. ${howToKnow(options)}`;
    await ended(end.signal);
  } finally {
    await endpoint?.remove();
    server.closeAllConnections();
    server.close();
  }
  process.exit();
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** @throws UsageError for a secret that could not be one */
function givenVerifier({ profile = 'standard-webhooks', secret, authorization }: Options): Verifier {
  const { signing } = profileNamed(profile);
  if (secret !== undefined && signing === null) {
    throw new UsageError(
      `The profile ${profile} has no signature: pass --authorization in place of --secret.`,
    );
  }
  const problem = secret === undefined || signing === null ? null : secretProblem(signing, secret);
  if (problem !== null) throw new UsageError(`--secret ${problem}.`);
  return { profile, knows: { secret, authorization } };
}

/** The base64 of 32 bytes. */
const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;

/** Why nothing can be verified by this secret, or `null`. The public half of an ed25519 secret is enough. */
function secretProblem(
  { recipes = [], secretProblem: problemOf }: SigningScheme,
  secret: string,
): string | null {
  const prefix = recipes.find(({ algorithm }) => algorithm === 'ed25519')?.key.prefix;
  if (prefix === undefined || !secret.startsWith(prefix)) return problemOf(secret);
  return PUBLIC_KEY.test(secret.slice(prefix.length))
    ? null
    : `must be ${prefix} and the base64 of the 32 bytes of an ed25519 public key`;
}

const howToKnow = ({ tenant }: Options) =>
  tenant === undefined
    ? 'Pass --secret or --authorization, or let --tenant find them out.'
    : 'Pass --authorization: the endpoint then sends it, too.';

function createReceiver(status: number, verifier: () => Verifier | null): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const by = verifier();
      const verdict: Verdict =
        by === null
          ? { is: 'unverified', why: 'it came before the endpoint was made' }
          : verify(by.profile, request.headers, body, by.knows);
      print(request.headers, body, verdict);
      if (verdict.is === 'refused') response.writeHead(401).end(verdict.why);
      else response.writeHead(status).end('Thank you.');
    });
  });
}

/** @throws Error when the port is taken */
async function started(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function print(headers: IncomingHttpHeaders, body: Buffer, verdict: Verdict): void {
  const words =
    verdict.is === 'genuine'
      ? 'genuine'
      : `${verdict.is === 'refused' ? 'REFUSED' : 'not verified'}: ${verdict.why}`;
  say`\n${new Date().toISOString()}  ${String(headers['webhook-id'] ?? '')}  ${words}`;
  const cut = body.length > MAX_PRINTED_BYTES ? ` … (${body.length} bytes in all)` : '';
  write(`${visibleLines(body.subarray(0, MAX_PRINTED_BYTES).toString())}${shown(cut)}\n`);
}
