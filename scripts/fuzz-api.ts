/**
 * `npm run fuzz`: a whole service of its own, and Schemathesis (a Python program: `pip install schemathesis`) that tries
 * whatever its OpenAPI document allows and forbids. Ends with Schemathesis' report and exit code, and
 * fails too when the service counts a 500.
 *
 *   --seconds 120   for how long
 *   -- …            the rest goes to `schemathesis run`
 */
import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aimAtWhatExists, makeIds, makeVictims, type OpenApiDocument } from './fuzz-ids.ts';
import { internalErrors } from './internal-errors.ts';
import { type ScratchService, startScratchService } from './scratch-service.ts';

// Not whether `allow` is what is documented: an event may be called "batch", so GET …/events/batch is no mistake.
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
  'ignored_auth',
];

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '120' } },
  allowPositionals: true,
});
const schemathesis = process.env.TIDINGS_SCHEMATHESIS ?? 'schemathesis';
if (spawnSync(schemathesis, ['--version']).status !== 0) {
  console.error(
    `Schemathesis cannot be run as "${schemathesis}". Install it (pip install schemathesis), or name it in TIDINGS_SCHEMATHESIS.`,
  );
  process.exit(2);
}

const service = await startScratchService({
  logLevel: 'error',
  receive: (request, response) => request.resume().on('end', () => response.end('ok')),
});
try {
  const document = await service.call<OpenApiDocument>('GET', '/openapi.json');
  // Its answer never ends.
  delete document.paths['/v1/tenants/{tenant}/stream'];
  aimAtWhatExists(document, await makeIds(service, document), await makeVictims(service));
  const file = join(service.folder, 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  process.exitCode = await run(service, file);
  const errors = await internalErrors(service.url);
  if (errors !== null) {
    console.error(errors);
    process.exitCode ||= 1;
  }
} finally {
  await service.stop();
}

/** @returns the exit code */
function run({ url, adminKey, folder }: ScratchService, file: string): Promise<number> {
  const child = spawn(
    schemathesis,
    [
      ...['run', file, '--url', url, '--header', `X-API-Key: ${adminKey}`],
      ...['--checks', CHECKS.join(), '--max-time', values.seconds, '--phases', 'examples,coverage,fuzzing'],
      ...['--continue-on-failure', '--generation-database', 'none', '--no-color', '--request-timeout', '75'],
      ...['--suppress-health-check', 'all', ...positionals],
    ],
    { stdio: 'inherit', cwd: folder },
  );
  return new Promise((resolve, reject) => child.on('exit', (code) => resolve(code ?? 1)).on('error', reject));
}
