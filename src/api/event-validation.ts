/** From the raw text of an event to what is stored: known type, data that matches its schema, bytes untouched. */
import { createHash } from 'node:crypto';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { fieldProblem, Problem } from '../domain/errors.ts';
import type { EmittedEvent } from '../domain/event.ts';
import type { CatalogueEntry, JsonSchema, Profile } from '../domain/profile.ts';

export type EventBody = { type: string; timestamp?: string | undefined; id?: string | undefined };

/**
 * @param input.path where the event stands in the request: '' or `events.3.`
 * @param input.dataText raw JSON text of `data`; undefined when it is missing
 * @param input.hashed the raw text that a repeat must equal
 * @throws Problem unknown_event_type, schema_mismatch, payload_too_large, validation_failed
 */
export function checkEvent(input: {
  body: EventBody;
  path: string;
  dataText: string | undefined;
  data: unknown;
  hashed: string | Buffer;
  profile: Profile;
  ownTypes: CatalogueEntry[];
  maxBytes: number;
  nowMs: number;
}): EmittedEvent {
  const { body, path, dataText, data, profile, ownTypes, maxBytes } = input;
  if (dataText === undefined) throw fieldProblem(`${path}data`, 'is required');
  const bytes = Buffer.byteLength(dataText);
  if (bytes > maxBytes) {
    throw new Problem(
      'payload_too_large',
      `${path}data has ${bytes} bytes; at most ${maxBytes} are allowed.`,
    );
  }
  const entry = [...profile.catalogue, ...ownTypes].find((each) => each.name === body.type);
  if (entry === undefined && !profile.allowsUnknownTypes) {
    const known = [...profile.catalogue, ...ownTypes].map((each) => each.name).join(', ');
    throw fieldProblem(
      `${path}type`,
      `${body.type} is no event type of ${profile.title}; there are ${known}`,
      'unknown_event_type',
    );
  }
  const problem = profile.dataProblem?.(data) ?? null;
  if (problem !== null) throw fieldProblem(`${path}data`, problem, 'profile_rule');
  if (entry !== undefined) checkSchema(entry.schema, data, `${path}data`);
  return {
    type: body.type,
    timestampMs: body.timestamp === undefined ? input.nowMs : parseTimestampMs(body.timestamp),
    data: dataText,
    id: body.id,
    requestHash: createHash('sha256').update(input.hashed).digest(),
  };
}

/** Any offset; what is finer than a millisecond is cut, not rounded. */
export function parseTimestampMs(text: string): number {
  return Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
}

// A validator of its own for each schema: tenants may give theirs the same `$id`, and what is forgotten is freed.
const compiled = new Map<string, ValidateFunction>();
const MAX_COMPILED = 1_000;
const MAX_FIELD_ERRORS = 20;

function compile(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

function validatorOf(schema: JsonSchema): ValidateFunction {
  const key = JSON.stringify(schema);
  const validate = compiled.get(key) ?? compile(schema);
  // Re-inserted at the end: the first one is the one that was longest not used.
  compiled.delete(key);
  compiled.set(key, validate);
  if (compiled.size > MAX_COMPILED) {
    const [oldest] = compiled.keys();
    compiled.delete(oldest ?? '');
  }
  return validate;
}

function checkSchema(schema: JsonSchema, data: unknown, path: string): void {
  const validate = validatorOf(schema);
  if (validate(data)) return;
  const fieldErrors = (validate.errors ?? []).slice(0, MAX_FIELD_ERRORS).map((error) => ({
    path: [path + error.instancePath.replaceAll('/', '.'), error.params.missingProperty]
      .filter(Boolean)
      .join('.'),
    message: error.keyword === 'required' ? 'is required' : (error.message ?? 'is not valid'),
  }));
  const detail = fieldErrors.map((each) => `${each.path} ${each.message}`).join('; ');
  throw new Problem('schema_mismatch', detail, { fieldErrors });
}

/** Why this cannot be a type's JSON Schema, or `null`. */
export function schemaProblem(schema: JsonSchema): string | null {
  // Ajv's own extension: it would make the validator answer with a promise.
  if (JSON.stringify(schema).includes('"$async"')) return 'may not use $async';
  try {
    compile(schema);
    return null;
  } catch (error) {
    return `is not a JSON Schema (draft 2020-12): ${(error as Error).message}`;
  }
}

/** Why the example does not match the schema, or `null`. */
export function exampleProblem(schema: JsonSchema, example: unknown): string | null {
  try {
    checkSchema(schema, example, 'example');
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
