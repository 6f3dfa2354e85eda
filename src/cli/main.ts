#!/usr/bin/env node
/** What runs when somebody types `tidings`: the program, and the way in which it ends. */
import { setFlagsFromString } from 'node:v8';
import { refuseBrokenArguments } from './event-data.ts';
import { failureOf } from './failures.ts';
import { guardOutput, warn } from './output.ts';
import { buildProgram } from './program.ts';

// Left to itself, V8 lets the heap of a busy service grow to several times of what is in use before it looks: half as much
// memory for no more time that a measurement shows (docs/performance.md).
setFlagsFromString('--heap-growing-percent=50');

guardOutput();
try {
  await refuseBrokenArguments(process.argv.slice(2));
  await buildProgram().parseAsync();
} catch (error) {
  const { message, exitStatus } = failureOf(error);
  if (message !== null) warn(message);
  process.exit(exitStatus);
}
