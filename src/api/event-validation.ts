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

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

// Catalogues hold the same objects for ever; a tenant's own schemas are read anew each time, so their text is the key.
const compiled = new Map<string, ValidateFunction>();
const byObject = new WeakMap<JsonSchema, ValidateFunction>();
const MAX_COMPILED = 1_000;

function validatorOf(schema: JsonSchema): ValidateFunction {
  const known = byObject.get(schema);
  if (known !== undefined) return known;
  const key = JSON.stringify(schema);
  const validate = compiled.get(key) ?? ajv.compile(schema);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(key, validate);
  byObject.set(schema, validate);
  return validate;
}

function checkSchema(schema: JsonSchema, data: unknown, path: string): void {
  const validate = validatorOf(schema);
  if (validate(data)) return;
  const fieldErrors = (validate.errors ?? []).map((error) => ({
    path: path + error.instancePath.replaceAll('/', '.'),
    message: error.message ?? 'is not valid',
  }));
  const detail = fieldErrors.map((each) => `${each.path} ${each.message}`).join('; ');
  throw new Problem('schema_mismatch', detail, { fieldErrors });
}

/** Why this cannot be a type's JSON Schema, or `null`. */
export function schemaProblem(schema: JsonSchema): string | null {
  try {
    new Ajv2020({ strict: false }).compile(schema);
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
