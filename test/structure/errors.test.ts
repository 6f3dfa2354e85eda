/** The registry of errors, on which clients rely: every code is used, and its status is the one that is sent. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ATTEMPT_ERRORS,
  fieldProblem,
  PROBLEMS,
  Problem,
  type ProblemCode,
} from '../../src/domain/errors.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const REGISTRY = join('src', 'domain', 'errors.ts');
const sources = ['src', 'activities'].flatMap((folder) =>
  readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts') && name !== REGISTRY)
    .map((name) => readFileSync(join(PACKAGE_ROOT, name), 'utf8')),
);
const isUsed = (code: string) =>
  sources.some((source) => source.includes(`'${code}'`) || source.includes(`ATTEMPT_ERRORS.${code}`)) ||
  // Its own helper makes it, too.
  fieldProblem('', '').code === code;

describe.each(Object.entries(PROBLEMS))('the refusal %s', (code, { status, title }) => {
  test('has a status of a refusal and a title of its own', () => {
    expect(String(status)).toMatch(/^[45]\d\d$/);
    expect(title).toMatch(/^[A-Z].+[^.]$/);
    expect(Object.values(PROBLEMS).filter((each) => each.title === title)).toHaveLength(1);
  });

  test('is used', () => {
    expect(isUsed(code)).toBe(true);
  });

  test('comes as an error with its status, its detail and its cause', () => {
    const cause = new Error('cause');
    const problem = new Problem(code as ProblemCode, 'Do this.', { cause, retryAfterS: 5 });
    expect(problem).toMatchObject({ code, status, message: 'Do this.', cause, retryAfterS: 5 });
    expect(problem).toBeInstanceOf(Error);
  });
});

describe.each(Object.entries(ATTEMPT_ERRORS))('the failure %s', (code, words) => {
  test('is explained in a sentence', () => {
    expect(words).toMatch(/^[A-Z].+\.$/);
  });

  test('is used', () => {
    expect(isUsed(code)).toBe(true);
  });
});

test.each([
  ['invalid_json', 400],
  ['unauthorized', 401],
  ['forbidden', 403],
  ['not_found', 404],
  ['conflict', 409],
  ['idempotency_conflict', 409],
  ['payload_too_large', 413],
  ['validation_failed', 422],
  ['too_many_requests', 429],
  ['storage_unavailable', 503],
] as const)('%s is %i, as it was promised', (code, status) => {
  expect(PROBLEMS[code].status).toBe(status);
});

test('a refusal about a field names it', () => {
  expect(fieldProblem('events.3.type', 'is required')).toMatchObject({
    code: 'validation_failed',
    status: 422,
    fieldErrors: [{ path: 'events.3.type', message: 'is required' }],
  });
});
