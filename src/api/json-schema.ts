/**
 * The JSON Schemas of event types, checked by Ajv so that nobody's schema can hurt the process: patterns run in linear
 * time, sizes are bounded, and what is left that could explode (references that double at each step) is stopped.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Problem } from '../domain/errors.ts';
import type { JsonSchema } from '../domain/profile.ts';
import { linearRegExp, PatternError } from './linear-regexp.ts';
import { TimeLimitError, withinTime } from './time-limit.ts';

/** A tenant's own schema may be this long as JSON text. */
const MAX_SCHEMA_BYTES = 64 * 1024;
const MAX_COMPILED = 1_000;
const MAX_FIELD_ERRORS = 20;
const COMPILE_MS = 2_000;
const CHECK_MS = 500;
const CHECK_MS_PER_MIB = 250;
/** Characters of a schema times characters of data: some 50 ms at the very worst. */
const HARMLESS = 10_000_000;
/** The pattern of the format `url` takes quadratic time; no address that works is longer. */
const MAX_URL_LENGTH = 8_192;

const regExp = Object.assign((pattern: string) => linearRegExp(pattern), { code: 'linearRegExp' });

// The schema of schemas takes long to compile: one instance looks at the form of all of them.
const meta = createAjv({});
meta.addFormat('regex', true);

function createAjv(options: { validateSchema?: false; meta?: false; inlineRefs?: false }): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, code: { regExp }, ...options });
  addFormats.default(ajv);
  const url = addFormats.default.get('url') as RegExp;
  ajv.addFormat('url', (text) => text.length <= MAX_URL_LENGTH && url.test(text));
  // Ajv's own compares each item with each other one.
  ajv.removeKeyword('uniqueItems').addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: unknown[]) =>
      !wanted || new Set(items.map(canonical)).size === items.length,
    error: { message: 'must not have the same item twice' },
  });
  return ajv;
}

/** The same text for what JSON Schema calls equal: the order of keys does not count. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
  }
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** A validator of its own for each schema: tenants may give theirs the same `$id`, and what is forgotten is freed. */
function compile(schema: JsonSchema): ValidateFunction {
  // References are not unfolded in place: a few of them could make a small schema enormous.
  return createAjv({ validateSchema: false, meta: false, inlineRefs: false }).compile(schema);
}

const ofProfiles = new WeakMap<JsonSchema, ValidateFunction>();
const ofTenants = new Map<string, ValidateFunction>();

/** @param schema a constant of ours */
export function profileValidator(schema: JsonSchema): ValidateFunction {
  const validate = ofProfiles.get(schema) ?? compile(schema);
  ofProfiles.set(schema, validate);
  return validate;
}

/** @param text the JSON text of a schema that `schemaProblem` had nothing against */
export function tenantValidator(text: string): ValidateFunction {
  const validate = ofTenants.get(text) ?? compile(JSON.parse(text));
  // Re-inserted at the end: the first one is the one that was longest not used.
  ofTenants.delete(text);
  ofTenants.set(text, validate);
  if (ofTenants.size > MAX_COMPILED) {
    const [oldest] = ofTenants.keys();
    ofTenants.delete(oldest ?? '');
  }
  return validate;
}

/** @throws Problem schema_mismatch with the path of each field that does not match, below `path` */
export function checkData(validate: ValidateFunction, data: unknown, path: string): void {
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

/** Whether checking so much data cannot take long: without references, each part of a schema meets each part of the data. */
export function isHarmlessFor(schemaText: string, dataLength: number): boolean {
  return !/\$(ref|dynamicRef|recursiveRef)"/.test(schemaText) && schemaText.length * dataLength <= HARMLESS;
}

/**
 * Runs checks against tenants' own schemas.
 * @param bytes how much is checked
 * @throws Problem limit_reached when they take too long or never end; what `work` throws
 */
export function checkBounded<Result>(bytes: number, work: () => Result): Result {
  try {
    return withinTime(CHECK_MS + Math.ceil(bytes / 2 ** 20) * CHECK_MS_PER_MIB, work);
  } catch (error) {
    if (error instanceof PatternError)
      throw new Problem('schema_mismatch', `Of the type's schema ${error.message}`);
    const what = limitOf(error);
    if (what === null) throw error;
    throw new Problem(
      'limit_reached',
      `Checking the data against its type's schema ${what}. Simplify the schema: alternatives and references multiply.`,
      { cause: error },
    );
  }
}

/** Why this cannot be a type's JSON Schema, or `null`. */
export function schemaProblem(schema: JsonSchema): string | null {
  const text = JSON.stringify(schema);
  if (Buffer.byteLength(text) > MAX_SCHEMA_BYTES) return `may have ${MAX_SCHEMA_BYTES} bytes`;
  // Ajv's own extension: it would make the validator answer with a promise.
  if (text.includes('"$async"')) return 'may not use $async';
  try {
    if (meta.validateSchema(schema) !== true)
      throw new Error(meta.errorsText(meta.errors, { dataVar: 'schema' }));
    withinTime(COMPILE_MS, () => compile(schema));
    return null;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    const what = limitOf(error);
    if (what !== null) return `is too complicated: compiling it ${what}`;
    return `is not a JSON Schema (draft 2020-12): ${(error as Error).message}`;
  }
}

/** In what way it was too much, or `null` when it was something else. */
function limitOf(error: unknown): string | null {
  if (error instanceof TimeLimitError) return 'takes too long';
  // The call stack is used up.
  return error instanceof RangeError ? 'goes too deep' : null;
}
