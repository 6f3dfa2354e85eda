/** Generated files are as the code would generate them now. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const generated = (name: 'configurationReference' | 'openApiDocument') =>
  execFileSync(
    process.execPath,
    [
      '-e',
      `import('./dist/scripts/generate-docs.js').then(async (m) => { process.stdout.write(await m.${name}()); })`,
    ],
    { cwd: PACKAGE_ROOT, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
  );
const committed = (path: string) => readFileSync(join(PACKAGE_ROOT, path), 'utf8');

test('docs/configuration.md is what `npm run generate-docs` writes', () => {
  expect(committed('docs/configuration.md')).toBe(generated('configurationReference'));
});

test('docs/openapi.json is what `npm run generate-docs` writes, and is OpenAPI 3.1 with an example for each body', () => {
  const text = generated('openApiDocument');
  expect(committed('docs/openapi.json')).toBe(text);
  const { openapi, paths, components } = JSON.parse(text);
  expect(openapi).toMatch(/^3\.1/);
  for (const [path, methods] of Object.entries<Record<string, any>>(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      expect([path, method, typeof operation.summary]).toEqual([path, method, 'string']);
      const schema = operation.requestBody?.content['application/json'].schema;
      const name = schema?.$ref?.split('/').pop();
      if (name !== undefined && method === 'post')
        expect([name, components.schemas[name].examples?.length]).toEqual([name, 1]);
    }
  }
});
