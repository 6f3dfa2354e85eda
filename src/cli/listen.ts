/** `tidings listen`: a receiver on this machine that verifies what comes and prints it. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Command } from 'commander';
import { type Knows, whyNotGenuine } from '../runtime/demo/verify.ts';
import { callApi, withApiOptions } from './api.ts';
import { untilSignal } from './shutdown.ts';

type Options = {
  url?: string;
  key?: string;
  port: string;
  tenant?: string;
  profile: string;
  secret?: string;
  authorization?: string;
  status: string;
};

export function listenCommand(program: Command): void {
  withApiOptions(program.command('listen'))
    .description('Receive webhooks on this machine, verify and print them')
    .option('-p, --port <port>', 'port to listen on; 0 takes a free one', '0')
    .option(
      '-t, --tenant <tenant>',
      'make an endpoint of this tenant that leads here, and delete it at the end',
    )
    .option('--profile <profile>', 'whose contract to verify by, without --tenant', 'standard-webhooks')
    .option('--secret <secret>', 'the signing secret, without --tenant')
    .option('--authorization <value>', 'the Authorization value to expect')
    .option('--status <status>', 'what to answer', '200')
    .action(async (options: Options) => {
      const check: { profile: string; knows: Knows } = {
        profile: options.profile,
        knows: { secret: options.secret, authorization: options.authorization },
      };
      const server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const body = Buffer.concat(chunks);
          const problem = verify(check, request.headers, body);
          print(request.headers, body, problem);
          response.writeHead(problem === null ? Number(options.status) : 401).end(problem ?? 'Thank you.');
        });
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(Number(options.port), '127.0.0.1', resolve);
      });
      const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const endpoint = options.tenant === undefined ? null : await lead(options, options.tenant, here, check);
      process.stdout.write(
        `Listening on ${here}${endpoint === null ? '' : ` as ${endpoint.id}`}. Ctrl-C ends it.\n`,
      );
      await untilSignal();
      if (endpoint !== null) await callApi(options, 'DELETE', endpoint.path);
      process.exit(0);
    });
}

/** Makes the tenant's endpoint, and learns from it how to verify. */
async function lead(
  options: Options,
  tenant: string,
  here: string,
  check: { profile: string; knows: Knows },
) {
  const base = `/v1/tenants/${encodeURIComponent(tenant)}`;
  const { profile } = await callApi<{ profile: string }>(options, 'GET', base);
  const endpoint = await callApi<{ id: string; secret?: string }>(
    options,
    'POST',
    `${base}/endpoints`,
    JSON.stringify({ url: here, description: 'tidings listen' }),
  );
  check.profile = profile;
  check.knows.secret = endpoint.secret;
  return { id: endpoint.id, path: `${base}/endpoints/${endpoint.id}` };
}

function verify(
  check: { profile: string; knows: Knows },
  headers: IncomingHttpHeaders,
  body: Buffer,
): string | null {
  // Without anything to verify by there is nothing to refuse.
  if (check.knows.secret === undefined && check.knows.authorization === undefined) return null;
  return whyNotGenuine(check.profile, headers, body, check.knows);
}

function print(headers: IncomingHttpHeaders, body: Buffer, problem: string | null): void {
  const verdict = problem === null ? 'genuine' : `REFUSED: ${problem}`;
  process.stdout.write(
    `\n${new Date().toISOString()}  ${headers['webhook-id'] ?? ''}  ${verdict}\n${body.toString()}\n`,
  );
}
