#!/usr/bin/env node
/** Entry point of `tidings`: runs the program, and turns an error into a message and an exit status. */
import { setFlagsFromString } from 'node:v8';
import { refuseBrokenArguments } from './event-data.ts';
import { failureOf } from './failures.ts';
import { guardOutput, warn } from './output.ts';
import { buildProgram } from './program.ts';

// By default V8 lets the heap of a busy service grow to several times of what is in use before it collects. This halves the memory,
// and takes no more time that a measurement shows (docs/performance.md).
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
