/** Checks an event type of a tenant's own before it is stored: its schema can be compiled, and its example matches it. */
import { fieldProblem } from '../domain/errors.ts';
import { SchemaRefusal } from '../json-schema/schema-pool.ts';
import { profileNamed } from '../profiles/index.ts';
import type { Tenant } from '../store/tenants.ts';
import type { ApiDeps } from './deps.ts';
import { inWords } from './event-validation.ts';

/** @throws Problem where the schema or the example cannot be used */
export async function checkOwnType(
  { schemas, maxSchemaBytes, maxEventBytes }: ApiDeps,
  tenant: Tenant,
  schemaText: string,
  exampleText: string,
): Promise<void> {
  if (Buffer.byteLength(schemaText) > maxSchemaBytes) {
    throw fieldProblem('schema', `may have at most ${maxSchemaBytes} bytes`);
  }
  if (Buffer.byteLength(exampleText) > maxEventBytes) {
    throw fieldProblem(
      'example',
      `may have at most ${maxEventBytes} bytes, like any event`,
      'payload_too_large',
    );
  }
  const found = await schemas.register(tenant.id, schemaText, exampleText).catch((error) => {
    if (!(error instanceof SchemaRefusal)) throw error;
    if (error.by === 'schema') throw fieldProblem('schema', error.message);
    throw fieldProblem(
      'schema',
      `is too complicated: compiling it and checking its example ${error.message}`,
    );
  });
  const mismatch = found.map(({ path, message }) => ({
    path: ['example', path].filter(Boolean).join('.'),
    message,
  }));
  const problem =
    mismatch.length > 0
      ? inWords(mismatch)
      : (profileNamed(tenant.profile).dataProblem?.(JSON.parse(exampleText)) ?? null);
  if (problem !== null) throw fieldProblem('example', problem, 'schema_mismatch');
}
