/**
 * JSON Schemas, compiled and applied by Ajv with patterns that run in linear time. There is no limit here on what a schema costs:
 * the profiles' schemas are known, and those of tenants are compiled and applied only in the threads of schema-pool.ts.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FieldError } from '../domain/errors.ts';
import type { JsonSchema } from '../domain/profile.ts';
import { linearRegExp, PatternError } from './linear-regexp.ts';

const MAX_FIELD_ERRORS = 20;
const MAX_SHOWN = 300;
/** Limit for the format `url`, whose pattern takes quadratic time. No working URL is longer. */
const MAX_URL_LENGTH = 8_192;

// The meta-schema takes long to compile, so it is compiled once, and only in threads that check a schema.
let meta: Ajv2020 | undefined;

type AjvOptions = { validateSchema?: false; meta?: false; inlineRefs?: false; allErrors?: false };

function createAjv(options: AjvOptions, compilePattern = linearRegExp): Ajv2020 {
  const regExp = Object.assign((pattern: string) => compilePattern(pattern), { code: 'linearRegExp' });
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

/** A text that is the same for all values that JSON Schema calls equal, whatever the order of their keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
  }
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/**
 * Compiles a schema with an Ajv of its own: tenants may use the same `$id`, and the memory of a dropped validator is freed.
 * @param maxInstructions limit for all patterns of the schema together
 * @param mistakes whether the validator goes on after the first mistake
 * @throws PatternError; Error when it is not a schema; RangeError when it is nested too deeply
 */
export function compileSchema(
  schema: JsonSchema,
  maxInstructions = Number.POSITIVE_INFINITY,
  mistakes: 'all' | 'first' = 'all',
): ValidateFunction {
  let instructions = 0;
  const compilePattern = (pattern: string) => {
    const compiled = linearRegExp(pattern);
    instructions += compiled.instructions;
    if (instructions > maxInstructions) {
      throw new PatternError(
        `has patterns of ${instructions} instructions or more; at most ${maxInstructions} are allowed. ` +
          'A count like {500} repeats its pattern so often: use minLength and maxLength instead',
      );
    }
    return compiled;
  };
  // References are not inlined: a few of them could make a small schema enormous.
  const options: AjvOptions = { validateSchema: false, meta: false, inlineRefs: false };
  if (mistakes === 'first') options.allErrors = false;
  return createAjv(options, compilePattern).compile(schema);
}

/** @throws Error that says what is wrong when this is not a JSON Schema (draft 2020-12) */
export function checkForm(schema: JsonSchema): void {
  // Ajv's own extension: it would make the validator answer with a promise.
  if (JSON.stringify(schema).includes('"$async"')) throw new Error('schema may not use $async');
  if (meta === undefined) {
    meta = createAjv({});
    meta.addFormat('regex', true);
  }
  if (meta.validateSchema(schema) === true) return;
  throw new Error(meta.errorsText(meta.errors?.slice(0, MAX_FIELD_ERRORS), { dataVar: 'schema' }));
}

const ofProfiles = {
  all: new WeakMap<JsonSchema, ValidateFunction>(),
  first: new WeakMap<JsonSchema, ValidateFunction>(),
};

/** In longer data the validator looks for the first mistake only: noting a hundred thousand takes many times as long as parsing. */
const ALL_MISTAKES_LENGTH = 32 * 1024;

/**
 * The validator of a profile's schema, compiled when it is first asked for.
 * @param schema a constant
 * @param length of the data's text, in characters; default 0, for data that is known to be short: all mistakes are found
 */
export function profileValidator(schema: JsonSchema, length = 0): ValidateFunction {
  const mistakes = length > ALL_MISTAKES_LENGTH ? 'first' : 'all';
  const validate =
    ofProfiles[mistakes].get(schema) ?? compileSchema(schema, Number.POSITIVE_INFINITY, mistakes);
  ofProfiles[mistakes].set(schema, validate);
  return validate;
}

/** The fields of the data that do not match, by their dotted paths below `data`: '' is all of it. At most 20. */
export function mismatches(validate: ValidateFunction, data: unknown): FieldError[] {
  if (validate(data)) return [];
  return (validate.errors ?? []).slice(0, MAX_FIELD_ERRORS).map((error) => ({
    path: shortened(
      [error.instancePath.replaceAll('/', '.').slice(1), error.params.missingProperty]
        .filter(Boolean)
        .join('.'),
    ),
    message: shortened(error.keyword === 'required' ? 'is required' : (error.message ?? 'is not valid')),
  }));
}

const shortened = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
