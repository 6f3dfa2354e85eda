/**
 * A thread of schema-pool.ts: compiles tenants' own schemas and applies them. A costly schema harms this thread alone, which the
 * pool ends when it takes too much time or memory.
 */
import { getHeapStatistics } from 'node:v8';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { type JobSigns, showPhase } from './job-watch.ts';
import { PatternError } from './linear-regexp.ts';
import type { Answer, CheckAnswer, CheckJob, RegisterAnswer, RegisterJob } from './schema-jobs.ts';
import { openThreadClock } from './thread-clock.ts';
import { checkForm, compileSchema, mismatches } from './validator.ts';

const MAX_COMPILED = 1_000;
/** Share of the memory from which on all compiled schemas are dropped: patterns keep states while they match, up to megabytes each. */
const FULL = 0.5;

const clock = openThreadClock();
const validators = new LRUCache<string, ValidateFunction>({ max: MAX_COMPILED });

/** Compiles the schema, unless it is cached, and applies it to each of the data. */
export function check({ schemaText, dataTexts, signs }: CheckJob): CheckAnswer {
  return measured(signs, () => {
    const validate = validators.get(schemaText) ?? compileSchema(JSON.parse(schemaText));
    validators.set(schemaText, validate);
    showPhase(signs, 'check', clock);
    return dataTexts.map((text) => mismatches(validate, JSON.parse(text)));
  });
}

/** Checks a new schema, compiles it, and applies it to its example. */
export function register(job: RegisterJob): RegisterAnswer {
  const { schemaText, exampleText, maxInstructions, signs } = job;
  return measured(signs, () => {
    const schema = JSON.parse(schemaText);
    checkForm(schema);
    const validate = compileSchema(schema, maxInstructions);
    showPhase(signs, 'check', clock);
    return mismatches(validate, JSON.parse(exampleText));
  });
}

function measured<Result>(signs: JobSigns, work: () => Result): Answer<Result> {
  const fromMs = clock.nowMs();
  showPhase(signs, 'compile', clock);
  const spent = () => ({ ms: clock.nowMs() - fromMs });
  try {
    return { result: work(), ...spent() };
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof RangeError) return { refusal: { by: 'depth', reason: 'goes too deep' }, ...spent() };
    const reason =
      error instanceof PatternError ? message : `is not a JSON Schema (draft 2020-12): ${message}`;
    return { refusal: { by: 'schema', reason }, ...spent() };
  } finally {
    forgetWhenFull();
  }
}

function forgetWhenFull(): void {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  if (used > limit * FULL) validators.clear();
}
