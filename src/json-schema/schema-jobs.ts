/** What schema-pool.ts asks of its threads, and what they answer: the only things that go between the two. */
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
  /** of a processor that it took */
  ms: number;
} & ({ result: Result } | { refusal: Refusal });

/** For each of the data, what does not match. */
export type CheckAnswer = Answer<FieldError[][]>;
/** What of the example does not match. */
export type RegisterAnswer = Answer<FieldError[]>;
