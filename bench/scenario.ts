/** A scenario of the bench, and what it works with. */
import type { Load } from './load.ts';
import type { Measured } from './measure.ts';
import type { Role, Stack } from './stack.ts';

export type Bench = {
  stack: Stack;
  load: Load;
  /** how long events go to the dead endpoint, in seconds */
  deadSeconds: number;
  /** @param events of the full measurement. @returns how many this run has */
  size(events: number): number;
  /** @param seconds of the full measurement. @returns how many this run has */
  duration(seconds: number): number;
};

export type Scenario = {
  name: string;
  /** one line for the report */
  title: string;
  /** the processes of Tidings */
  roles: readonly Role[];
  run(bench: Bench): Promise<Measured>;
};
