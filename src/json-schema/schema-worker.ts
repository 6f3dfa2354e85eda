/**
 * A thread of schema-pool.ts: compiles tenants' own schemas and applies them. Whatever a schema does here, it does to this thread
 * alone, which is ended when it takes too much time or memory.
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
/** Patterns remember states while they match, up to megabytes each: from this part of the memory on, all is forgotten. */
const FULL = 0.5;

const clock = openThreadClock();
const validators = new LRUCache<string, ValidateFunction>({ max: MAX_COMPILED });

/** Whether each of the data matches. */
export function check({ schemaText, dataTexts, signs }: CheckJob): CheckAnswer {
  return measured(signs, () => {
    const validate = validators.get(schemaText) ?? compileSchema(JSON.parse(schemaText));
    validators.set(schemaText, validate);
    showPhase(signs, 'check', clock);
    return dataTexts.map((text) => mismatches(validate, JSON.parse(text)));
  });
}

/** Whether the schema may be used from now on, and its example with it. */
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
