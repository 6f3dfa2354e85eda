/** Checks requests with the zod schemas of their routes, and says in plain words what is wrong. */
import type { FastifySchemaValidationError } from 'fastify/types/schema.js';
import type { z } from 'zod';
import { someOf } from '../domain/errors.ts';

type Issue = z.core.$ZodRawIssue;

/**
 * Fastify's compiler of validators for zod schemas.
 * A message that a schema brings along has precedence over the words of this file.
 */
export const validatorCompiler =
  ({ schema }: { schema: z.ZodType }) =>
  (data: unknown): { value: unknown } | { error: FastifySchemaValidationError[] } => {
    const result = schema.safeParse(data, { error: inPlainWords });
    if (result.success) return { value: result.data };
    return {
      error: result.error.issues.map(({ code, path, message }) => ({
        keyword: code ?? 'custom',
        instancePath: `/${path.join('/')}`,
        schemaPath: '',
        message,
        params: {},
      })),
    };
  };

/** What is wrong with a value, as the rest of a sentence that begins with its path. */
function inPlainWords(issue: Issue): string {
  if (issue.input === undefined && issue.code !== 'custom') return `is required${choice(issue, ': ')}`;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kindNamed(issue.expected)}${butIs(issue)}`;
    case 'invalid_value':
    case 'invalid_union':
      return unionField(issue) ?? (choice(issue, 'must be ') || 'is not valid');
    case 'too_small':
      return bound(issue, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return bound(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'has not the form that it must have';
    case 'unrecognized_keys':
      return `has no field ${someOf(issue.keys.map((key) => JSON.stringify(key)))}`;
    case 'invalid_key':
      return 'has a name that may not be used';
    default:
      return 'is not valid';
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const kindNamed = (name: string) => KINDS[name] ?? name;

/** A time as every schema of a time takes it. */
const TIME = 'must be an ISO 8601 time with an offset, like 2024-01-15T10:30:00Z';

const FORMATS: Readonly<Record<string, string>> = {
  datetime: TIME,
  email: 'must be an e-mail address like name@example.com',
  url: 'must be an absolute URL like https://example.com',
};

/** What the value is instead, where that is of another kind. */
function butIs({ input, expected }: Issue & { expected: string }): string {
  const kind = input === null ? 'null' : Array.isArray(input) ? 'array' : typeof input;
  return kind === expected || (kind === 'number' && expected === 'int') ? '' : `, not ${kindNamed(kind)}`;
}

/** The values that are allowed, after `words`; empty where there are none to name. */
function choice(issue: Issue, words: string): string {
  const allowed = allowedBy(issue);
  const [first, ...others] = allowed;
  if (first === undefined) return '';
  return others.length === 0
    ? `${words}${String(first)}`
    : `${words}one of ${allowed.map(String).join(', ')}`;
}

function allowedBy(issue: Issue): readonly unknown[] {
  if (issue.code === 'invalid_value') return issue.values;
  return issue.code === 'invalid_union' && Array.isArray(issue.options) ? issue.options : [];
}

/** The message at the field that tells the members of a union apart, which is missing where the whole value is there. */
function unionField(issue: Issue): string | null {
  if (issue.code !== 'invalid_union' || typeof issue.discriminator !== 'string') return null;
  const value = (issue.input as Record<string, unknown> | null)?.[issue.discriminator];
  return value === undefined ? `is required${choice(issue, ': ')}` : null;
}

const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'entry', set: 'entry' };

function bound({ origin }: Issue & { origin: string }, limit: number | bigint, words: string): string {
  const unit = UNITS[origin];
  if (unit === undefined) return `must be ${words} ${limit}`;
  if (words === 'at least' && limit === 1) return 'may not be empty';
  const several = unit === 'entry' ? 'entries' : `${unit}s`;
  return `must have ${words} ${limit} ${limit === 1 ? unit : several}`;
}
