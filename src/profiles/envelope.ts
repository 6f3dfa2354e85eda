/** Puts the caller's raw `data` into a body without touching a byte of it. */
import type { RenderedBody } from '../domain/event.ts';

/** The body `before + data + after`, with the span of `data` in it. */
export function envelope(before: string, data: string, after: string): RenderedBody {
  const head = Buffer.from(before);
  const middle = Buffer.from(data);
  return {
    bytes: Buffer.concat([head, middle, Buffer.from(after)]),
    dataSpan: [head.length, head.length + middle.length],
  };
}
