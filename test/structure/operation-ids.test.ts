/** Every operation of the reference has a name, by which client libraries and commands call it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const { paths } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'docs', 'openapi.json'), 'utf8'));
const operations = Object.entries<Record<string, { operationId?: string }>>(paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId }]) => [`${method.toUpperCase()} ${path}`, operationId ?? ''] as const,
    ),
);

test('there are operations to look at', () => {
  expect(operations.length).toBeGreaterThan(50);
});

test.each(operations)('%s is called noun.verb, like event-types.list: %s', (_route, id) => {
  expect(id).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
});

test('no two operations have the same name, as it stands or as a method without hyphens', () => {
  const methodOf = (id: string) => id.replaceAll('-', '');
  const names = operations.map(([, id]) => methodOf(id));
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test('a noun is one word for one thing: it is in the plural, or there is only one of it', () => {
  const nouns = new Set(operations.map(([, id]) => id.split('.')[0] ?? ''));
  for (const noun of nouns) expect(nouns).not.toContain(`${noun}s`);
});
