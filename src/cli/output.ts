/** Output of the commands: control characters in text from outside are made visible, and a closed pipe is not a crash. */
import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { visibleLines, visibleText } from '../domain/visible-text.ts';
import { EXIT } from './failures.ts';

/** Text that is printed as it is, such as our own colours. */
export class Styled {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Printable = string | number | Styled;

/** A value as part of a line. Line breaks and control characters in it are made visible. */
export function shown(value: Printable): string {
  return value instanceof Styled ? value.text : visibleText(String(value));
}

/** As a tag, say`…${value}…` prints a line with each value made visible. As a function it prints lines of our own. */
export function say(text: string | TemplateStringsArray, ...values: Printable[]): void {
  write(`${filledIn(text, values)}\n`);
}

/** The same on standard error, for what is not the result of the command. */
export function warn(text: string | TemplateStringsArray, ...values: Printable[]): void {
  if (!process.stderr.destroyed) process.stderr.write(`${filledIn(text, values)}\n`);
}

function filledIn(text: string | TemplateStringsArray, values: Printable[]): string {
  if (typeof text === 'string') return visibleLines(text);
  return text.map((part, at) => part + (at < values.length ? shown(values[at] as Printable) : '')).join('');
}

/** Prints text as it is: a drawn table, a movement of the cursor. */
export function write(text: string): void {
  if (!isClosed) process.stdout.write(text);
}

/** Width of the terminal in columns; `null` when the output goes to a pipe or a file. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY ? (process.stdout.columns ?? 80) : null;
}

let isClosed = false;
let onClosed: (error: NodeJS.ErrnoException) => void = endWith;

/**
 * Sets what happens when the reader of the output leaves before its end (`| head -1`, a closed terminal). By default the process
 * ends; a command that still has work to do calls this.
 */
export function whenOutputCloses(work: (error: NodeJS.ErrnoException) => void): void {
  onClosed = work;
}

/**
 * Notices that the reader of the output has left although nothing is written: a command that waits may write nothing for days. A process
 * in Node cannot poll a pipe that it writes to. GNU's `tail` does, and ends by SIGPIPE; where there is another `tail` or none, the closed
 * pipe is noticed when something is written next.
 */
export function watchOutput(): void {
  if (!isPipe()) return;
  // It ends with this process, however that ends.
  const watcher = spawn('tail', [`--pid=${process.pid}`, '-f', '/dev/null'], {
    stdio: ['ignore', 'inherit', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.on('exit', (_code, signal) => {
    if (signal === 'SIGPIPE') closed(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  });
  watcher.unref();
  process.once('exit', () => watcher.kill());
}

function isPipe(): boolean {
  try {
    return fstatSync(process.stdout.fd).isFIFO();
  } catch {
    return false;
  }
}

/** Call it once, before anything is printed. */
export function guardOutput(): void {
  process.stdout.on('error', closed);
  process.stderr.on('error', () => {});
}

function closed(error: NodeJS.ErrnoException): void {
  if (isClosed) return;
  isClosed = true;
  onClosed(error);
}

/** Ends the process: with success when the reader has left, with a failure when the disk is full. */
function endWith({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE' || code === 'EIO') process.exit(EXIT.done);
  warn`The output cannot be written: ${message}`;
  process.exit(EXIT.failed);
}
