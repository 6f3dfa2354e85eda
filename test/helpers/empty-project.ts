/** A project of somebody else, into which our libraries are installed as they are published, without the network. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { atEnd } from './cleanup.ts';

/** Of the registry; where there is no network, they are taken from where we have them. */
const DEPENDENCIES: Record<string, string[]> = {
  client: ['openapi-fetch', 'openapi-typescript-helpers'],
  verify: [],
};

export type EmptyProject = {
  folder: string;
  /** the paths in each package, by its name */
  packed: Record<string, string[]>;
  /** Runs a program in the project. @returns what it printed @throws Error with its output when it fails */
  run(program: string, parameters: string[]): Promise<string>;
};

const run = promisify(execFile);

/** @param names of packages/ */
export async function makeEmptyProject(...names: ('client' | 'verify')[]): Promise<EmptyProject> {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-project-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'package.json'), '{"name":"project","private":true,"type":"module"}');
  const packed: EmptyProject['packed'] = {};
  const installed: string[] = [];
  for (const name of names) {
    const parameters = ['pack', '--json', '--silent', '--pack-destination', folder];
    const { stdout } = await run('npm', parameters, { cwd: join(PACKAGE_ROOT, 'packages', name) });
    const [{ filename, files }] = JSON.parse(stdout);
    packed[name] = files.map(({ path }: { path: string }) => path);
    const dependencies = DEPENDENCIES[name] ?? [];
    installed.push(
      join(folder, filename),
      ...dependencies.map((each) => join(PACKAGE_ROOT, 'node_modules', each)),
    );
  }
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...installed], { cwd: folder });
  return {
    folder,
    packed,
    run: async (program, parameters) => (await run(program, parameters, { cwd: folder })).stdout,
  };
}
