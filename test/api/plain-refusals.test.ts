/** Every field of every request, missing or of another kind, is refused in plain words and at its path. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

type Schema = { [keyword: string]: any };
type Field = {
  operation: string;
  method: string;
  path: string;
  field: string[];
  body: Schema;
  schema: Schema;
};

const document = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'docs', 'openapi.json'), 'utf8'));
const resolved = (schema: Schema): Schema =>
  schema.$ref === undefined
    ? schema
    : resolved(document.components.schemas[schema.$ref.split('/').pop()] as Schema);

/** Every form that a schema may have, down to one without alternatives. */
function formsOf(given: Schema): Schema[] {
  const schema = resolved(given);
  const forms: Schema[] | undefined = schema.anyOf ?? schema.oneOf;
  return forms === undefined ? [schema] : forms.flatMap(formsOf);
}

/** A value that the schema allows, with every field that it has. */
function sample(given: Schema): any {
  const [schema = {}] = formsOf(given).filter(({ type }) => type !== 'null');
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries<Schema>(schema.properties ?? {}).map(([name, each]) => [name, sample(each)]),
      );
    case 'array':
      return [sample(schema.items)];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return 'a';
  }
}

/** The fields of a schema, each with a body in which everything stands. */
function fieldsOf(
  given: Schema,
  at: string[],
  whole: (value: unknown) => Schema,
): Omit<Field, 'operation' | 'method' | 'path'>[] {
  return formsOf(given).flatMap((form) => {
    if (form.type === 'array') return fieldsOf(form.items, [...at, '0'], (value) => whole([value]));
    const properties = Object.entries<Schema>(form.properties ?? {});
    const all = sample(form);
    return properties.flatMap(([name, schema]) => [
      {
        field: [...at, name],
        body: whole(all),
        schema: { ...schema, isRequired: form.required?.includes(name) },
      },
      ...fieldsOf(schema, [...at, name], (value) => whole({ ...all, [name]: value })),
    ]);
  });
}

const fields: Field[] = Object.entries<Schema>(document.paths).flatMap(([path, methods]) =>
  Object.entries<Schema>(methods).flatMap(([method, operation]) => {
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (schema === undefined) return [];
    return fieldsOf(schema, [], (value) => value as Schema).map((each) => ({
      ...each,
      operation: operation.operationId,
      method: method.toUpperCase(),
      path: path.replaceAll(/\{[^}]*\}/g, 'nobody'),
    }));
  }),
);

/** The body with another value in a field; `undefined`: without it. */
function changed(body: any, [name = '', ...rest]: string[], value: unknown): any {
  const copy = Array.isArray(body) ? [...body] : { ...body };
  copy[name] = rest.length === 0 ? value : changed(copy[name], rest, value);
  return copy;
}

/** How zod's own messages begin, and words of a program. */
const NOT_PLAIN = /^(Invalid|Too (small|big)|Unrecognized)|undefined|NaN|\bexpected\b|\breceived\b|\|/m;

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const OTHERS: readonly unknown[] = [null, '', -1.5, true, {}, 'x'.repeat(9000), Array(101).fill('a')];

async function refusalOf({ method, path }: Field, body: unknown) {
  const { status, body: answer } = await tidings.call(method, path, body);
  expect(status).toBeLessThan(500);
  const errors: { path: string; message: string }[] = answer?.errors ?? [];
  for (const { message } of errors) expect(message).not.toMatch(NOT_PLAIN);
  if (status === 422) expect(answer.detail).not.toMatch(NOT_PLAIN);
  return { status, errors };
}

test('the walk finds the fields of every request', () => {
  expect(new Set(fields.map(({ operation }) => operation)).size).toBeGreaterThan(20);
  expect(fields.map(({ operation, field }) => `${operation} ${field.join('.')}`)).toEqual(
    expect.arrayContaining([
      'endpoints.create auth.password',
      'events.emit-batch events.0.type',
      'keys.create scopes',
    ]),
  );
});

test.each(fields.map((each) => [`${each.operation}: ${each.field.join('.')}`, each] as const))(
  '%s',
  async (_name, each) => {
    const missing = await refusalOf(each, changed(each.body, each.field, undefined));
    if (each.schema.isRequired) {
      expect(missing).toMatchObject({
        status: 422,
        errors: expect.arrayContaining([
          { path: each.field.join('.'), message: expect.stringMatching(/^is required/) },
        ]),
      });
    }
    const unknown = [...each.field.slice(0, -1), 'no_such_field'];
    await Promise.all([
      ...OTHERS.map((value) => refusalOf(each, changed(each.body, each.field, value))),
      refusalOf(each, changed(each.body, unknown, 1)),
    ]);
  },
);
