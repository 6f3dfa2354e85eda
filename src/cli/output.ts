/** Everything that the commands print goes through here: text from outside is made visible, a closed pipe is no crash. */
import { visibleLines, visibleText } from '../domain/visible-text.ts';
import { EXIT } from './failures.ts';

/** Text that is fit for the terminal as it is: our own colours. */
export class Styled {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Printable = string | number | Styled;

/** A value as it may stand in a line: what others wrote is a single line that steers nothing. */
export function shown(value: Printable): string {
  return value instanceof Styled ? value.text : visibleText(String(value));
}

/** As a tag: say`…${value}…` prints a line, each value made visible. As a function it prints lines that are our own. */
export function say(text: string | TemplateStringsArray, ...values: Printable[]): void {
  write(`${filledIn(text, values)}\n`);
}

/** The same on standard error: what is no result, but worth knowing. */
export function warn(text: string | TemplateStringsArray, ...values: Printable[]): void {
  if (!process.stderr.destroyed) process.stderr.write(`${filledIn(text, values)}\n`);
}

function filledIn(text: string | TemplateStringsArray, values: Printable[]): string {
  if (typeof text === 'string') return visibleLines(text);
  return text.map((part, at) => part + (at < values.length ? shown(values[at] as Printable) : '')).join('');
}

/** Prints what is fit for the terminal as it is: a drawn table, a movement of the cursor. */
export function write(text: string): void {
  if (!isClosed) process.stdout.write(text);
}

/** How wide a line may be; `null` where nobody looks: a pipe, a file. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY ? (process.stdout.columns ?? 80) : null;
}

let isClosed = false;
let onClosed: (error: NodeJS.ErrnoException) => void = endWith;

/**
 * Who reads the output may leave before its end (`| head -1`, a closed terminal). Most commands have then nothing left to do;
 * one that has says so here.
 */
export function whenOutputCloses(work: (error: NodeJS.ErrnoException) => void): void {
  onClosed = work;
}

/** To be called once, before anything is printed. */
export function guardOutput(): void {
  process.stdout.on('error', (error) => {
    if (isClosed) return;
    isClosed = true;
    onClosed(error);
  });
  process.stderr.on('error', () => {});
}

/** A reader that has left got what it wanted; a full disk did not. */
function endWith({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE' || code === 'EIO') process.exit(EXIT.done);
  warn`The output cannot be written: ${message}`;
  process.exit(EXIT.failed);
}
