/**
 * Our libraries, as they are published, in Deno, Bun and workerd. TIDINGS_TEST_RUNTIMES is the folder of their programs, as `.ci/runtimes` prints
 * it; without it, these tests are skipped.
 */
import { spawn } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/embedded/free-port.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { type EmptyProject, makeEmptyProject } from '../helpers/empty-project.ts';
import { eventually } from '../helpers/eventually.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';
import { storedVectors } from '../helpers/vectors.ts';

const PROGRAMS = process.env.TIDINGS_TEST_RUNTIMES;
const program = (name: string) => join(PROGRAMS ?? '', name);
const vectors = storedVectors();

type Tried = { outcomes: Record<string, string>; client: { isComplete: boolean; refusal: string } };

let tidings: TestService;
let project: EmptyProject;
beforeAll(async () => {
  if (PROGRAMS === undefined) return;
  [tidings, project] = await Promise.all([startTestService(), makeEmptyProject('client', 'verify')]);
  await copyFile(join(PACKAGE_ROOT, 'test/packages/portable/trial.js'), join(project.folder, 'trial.js'));
  const given = { vectors, baseUrl: tidings.url, key: ADMIN_KEY };
  await writeFile(join(project.folder, 'given.js'), `export default ${JSON.stringify(given)};`);
  await writeFile(
    join(project.folder, 'main.js'),
    `import given from './given.js';
     import { tryOut } from './trial.js';
     console.log(JSON.stringify(await tryOut(given)));`,
  );
}, 120_000);
afterAll(() => tidings?.stop());

function expectTried(tried: Tried): void {
  expect(tried.outcomes).toEqual(Object.fromEntries(vectors.map(({ name, outcome }) => [name, outcome])));
  expect(tried.client).toEqual({ isComplete: true, refusal: 'unauthorized' });
}

const testWithRuntimes = PROGRAMS === undefined ? test.skip : test;

testWithRuntimes(
  'Node',
  async () => {
    expectTried(JSON.parse(await project.run(process.execPath, ['main.js'])));
  },
  60_000,
);

testWithRuntimes.each<[string, string, string[]]>([
  [
    'Deno',
    'deno',
    ['run', '--quiet', '--no-lock', '--node-modules-dir=manual', '--allow-net=127.0.0.1', 'main.js'],
  ],
  ['Bun', 'bun', ['main.js']],
])(
  '%s',
  async (_name, name, parameters) => {
    expectTried(JSON.parse(await project.run(program(name), parameters)));
  },
  60_000,
);

testWithRuntimes(
  'workerd, which runs Cloudflare Workers',
  async () => {
    const port = await freePort(0);
    const inProject = (name: string) => join(project.folder, name);
    await writeFile(
      inProject('worker.js'),
      `import given from './given.js';
       import { tryOut } from './trial.js';
       export default { fetch: async () => Response.json(await tryOut(given)) };`,
    );
    await writeFile(
      inProject('vite.config.mjs'),
      `export default { build: { lib: { entry: ${JSON.stringify(inProject('worker.js'))}, formats: ['es'], fileName: () => 'bundle.js' } } };`,
    );
    const vite = join(PACKAGE_ROOT, 'node_modules/vite/bin/vite.js');
    await project.run(process.execPath, [vite, 'build', '--config', inProject('vite.config.mjs')]);
    await writeFile(
      inProject('worker.capnp'),
      `using Workerd = import "/workerd/workerd.capnp";
       const config :Workerd.Config = (
         services = [
           (name = "main", worker = (modules = [(name = "bundle.js", esModule = embed "dist/bundle.js")], compatibilityDate = "2026-11-01")),
           (name = "internet", network = (allow = ["public", "private", "local"])),
         ],
         sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
       );`,
    );
    const child = spawn(program('workerd'), ['serve', inProject('worker.capnp')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    atEnd(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    const answer = await eventually(
      () => fetch(`http://127.0.0.1:${port}/`).catch(() => null),
      (found) => found !== null,
    );
    expectTried(JSON.parse((await answer?.text()) ?? ''));
  },
  120_000,
);
