/** Messages between schema-pool.ts and its threads: jobs and answers. */
import type { FieldError } from '../domain/errors.ts';
import type { JobSigns } from './job-watch.ts';

type Job = {
  schemaText: string;
  signs: JobSigns;
};

export type CheckJob = Job & { dataTexts: string[] };
export type RegisterJob = Job & { exampleText: string; maxInstructions: number };

export type Refusal = {
  /** `schema`: it cannot be used at all; `depth`: the call stack was used up */
  by: 'schema' | 'depth';
  reason: string;
};

export type Answer<Result> = {
  /** processor time that the job took */
  ms: number;
} & ({ result: Result } | { refusal: Refusal });

/** For each of the data, the fields that do not match. */
export type CheckAnswer = Answer<FieldError[][]>;
/** The fields of the example that do not match. */
export type RegisterAnswer = Answer<FieldError[]>;
