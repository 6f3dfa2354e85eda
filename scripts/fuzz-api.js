/**
 * `npm run fuzz`: a whole service of its own, and Schemathesis (a Python program: `pip install schemathesis`) that tries
 * whatever its OpenAPI document allows and forbids. Ends with Schemathesis' report and exit code, and
 * fails too when the service counts a 500.
 *
 *   --seconds 120   for how long
 *   -- …            the rest goes to `schemathesis run`
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '../dist/src/config/environment.js';
import { createLogger } from '../dist/src/observability/logger.js';
import { runEmbedded } from '../dist/src/runtime/processes.js';
import { internalErrors } from './internal-errors.js';

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
/** So many of what a DELETE or a cancel may use up. */
const VICTIMS = 30;

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

const folder = await mkdtemp(join(tmpdir(), 'tidings-fuzz-'));
const receiver = createServer((request, response) => request.resume().on('end', () => response.end('ok')));
await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const embedded = await runEmbedded(
  readEnvironment({ TIDINGS_DATA_DIR: join(folder, 'data'), TIDINGS_LOG_LEVEL: 'error' }),
  { logger: createLogger('error'), progress: (line) => console.error(line) },
);
const { url } = embedded.service;
try {
  const document = await call('GET', '/openapi.json');
  aimAtWhatExists(document, await makeIds(document), await makeVictims());
  const file = join(folder, 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  process.exitCode = await run(file);
  const errors = await internalErrors(url);
  if (errors !== null) {
    console.error(errors);
    process.exitCode ||= 1;
  }
} finally {
  receiver.closeAllConnections();
  receiver.close();
  await embedded.stop();
  await rm(folder, { recursive: true, force: true });
}

/** @returns the exit code */
function run(file) {
  const child = spawn(
    schemathesis,
    [
      ...['run', file, '--url', url, '--header', `X-API-Key: ${embedded.adminKey}`],
      ...['--checks', CHECKS.join(), '--max-time', values.seconds, '--phases', 'examples,coverage,fuzzing'],
      ...['--continue-on-failure', '--generation-database', 'none', '--no-color', '--request-timeout', '75'],
      ...['--suppress-health-check', 'all', ...positionals],
    ],
    { stdio: 'inherit', cwd: folder },
  );
  return new Promise((resolve, reject) => child.on('exit', (code) => resolve(code ?? 1)).on('error', reject));
}

async function call(method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { 'x-api-key': embedded.adminKey, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function makeTenant(name, profile, more = {}) {
  const tenant = await call('POST', '/v1/tenants', { name, profile, contacts: ['ops@example.com'] });
  const target = `http://127.0.0.1:${receiver.address().port}/hook`;
  const endpoint = await call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: target, ...more });
  return { tenant: tenant.id, endpoint: endpoint.id };
}

async function emit({ tenant }, type, data) {
  const event = await call('POST', `/v1/tenants/${tenant}/events`, { type, data });
  return { event: event.id, delivery: event.deliveries[0].id };
}

/** What stands in paths, by the name of the parameter. */
async function makeIds(document) {
  const main = await makeTenant('Main', 'standard-webhooks', { signature: 'ed25519' });
  const scorm = await makeTenant('Scorm', 'scorm-api');
  const ids = {
    ...main,
    ...(await emit(main, 'a.b', { n: 1 })),
    webhook: scorm.endpoint.replace('ep_', 'webhook_'),
  };
  // Whatever else can be made without a body, or with the example of its body.
  for (const [path, { post }] of Object.entries(document.paths)) {
    const name = Object.keys(document.paths)
      .map((each) => each.startsWith(`${path}/{`) && /^\{(\w+)\}$/.exec(each.slice(path.length + 1))?.[1])
      .find((each) => each && !(each in ids));
    if (post === undefined || name === undefined) continue;
    const schema = post.requestBody?.content['application/json'].schema;
    const [example] = document.components.schemas[schema?.$ref?.split('/').pop()]?.examples ?? [];
    const made = await call('POST', filled(path, ids), {
      ...example,
      ...(example?.tenant && { tenant: ids.tenant }),
    }).catch((error) => console.error(`No example of ${name}: ${error.message}`));
    if (made?.id !== undefined) ids[name] = made.id;
  }
  return ids;
}

async function makeVictims() {
  const tenants = await Promise.all(Array.from({ length: VICTIMS }, () => makeTenant('Victim', 'scorm-api')));
  const [first] = tenants;
  const data = { package_id: 'p', title: 't' };
  const emitted = [];
  for (let n = 0; n < VICTIMS; n += 1) emitted.push(await emit(first, 'package.processing.completed', data));
  return {
    tenant: tenants.slice(1).map(({ tenant }) => tenant),
    webhook: tenants.slice(1).map(({ endpoint }) => endpoint.replace('ep_', 'webhook_')),
    delivery: emitted.map(({ delivery }) => delivery),
  };
}

const filled = (path, ids) => path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] ?? 'none');

/** Random ids would find nothing: each parameter may also be the id of something that exists. */
function aimAtWhatExists(target, ids, victims) {
  for (const [path, methods] of Object.entries(target.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      for (const parameter of operation.parameters ?? []) {
        if (parameter.in !== 'path') continue;
        const spends = path.endsWith(`{${parameter.name}}${method === 'delete' ? '' : '/cancel'}`);
        const known = spends ? victims[parameter.name] : [ids[parameter.name]].filter(Boolean);
        if (known?.length > 0) parameter.schema = { anyOf: [{ enum: known }, parameter.schema] };
      }
    }
  }
}
