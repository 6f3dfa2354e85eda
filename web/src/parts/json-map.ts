/** A map of JSON text: where each value stands, and where the text stops being JSON. Numbers are never read, so none is changed. */

export type Span = { start: number; end: number };
export type JsonProblem = {
  offset: number;
  expected: 'value' | 'name' | 'colon' | 'comma-or-end' | 'end' | 'string';
};
export type JsonMap = {
  /** values by their dotted paths, such as `user.emails.0`; '' is all of it. Of names that stand twice, the last. */
  spans: ReadonlyMap<string, Span>;
  problem: JsonProblem | null;
};

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
/** Deeper values have no entry: nobody asks for them, and their paths would be long. */
const DEEPEST_PATH = 64;

type Open = { kind: '{' | '['; path: string; start: number; count: number };

/** Goes through the text once, without recursion, however deep it is. */
export function mapJson(text: string): JsonMap {
  const spans = new Map<string, Span>();
  const open: Open[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) return null;
    at += found.length;
    return found;
  };
  const fail = (expected: JsonProblem['expected'], offset = at): JsonMap => ({
    spans,
    problem: { offset, expected },
  });
  const note = (path: string, span: Span) => {
    if (open.length <= DEEPEST_PATH) spans.set(path, span);
  };
  let path = '';
  for (;;) {
    // A value begins here.
    match(SPACE);
    const start = at;
    const first = text[at];
    if (first === '{' || first === '[') {
      at += 1;
      open.push({ kind: first, path, start, count: 0 });
    } else {
      const isString = first === '"';
      if (match(isString ? STRING : SCALAR) === null) return fail(isString ? 'string' : 'value');
      note(path, { start, end: at });
    }
    // What follows it: the ends of what is open, then a comma, then the next name.
    for (;;) {
      const around = open.at(-1);
      match(SPACE);
      if (around === undefined) return at === text.length ? { spans, problem: null } : fail('end');
      const closing = around.kind === '{' ? '}' : ']';
      if (text[at] === closing) {
        at += 1;
        open.pop();
        note(around.path, { start: around.start, end: at });
        continue;
      }
      if (around.count > 0) {
        if (text[at] !== ',') return fail('comma-or-end');
        at += 1;
        match(SPACE);
      }
      const below = around.path === '' ? '' : `${around.path}.`;
      if (around.kind === '[') {
        path = `${below}${around.count}`;
      } else {
        const name = text[at] === '"' ? match(STRING) : null;
        if (name === null) return fail(text[at] === '"' ? 'string' : 'name');
        match(SPACE);
        if (text[at] !== ':') return fail('colon');
        at += 1;
        path = `${below}${JSON.parse(name)}`;
      }
      around.count += 1;
      break;
    }
  }
}

/** Where a path stands, or what of it there is: `user.email` is at `user`, where that has no `email`. */
export function spanOf({ spans }: JsonMap, path: string): Span | null {
  for (let known = path; ; known = known.slice(0, Math.max(0, known.lastIndexOf('.')))) {
    const span = spans.get(known);
    if (span !== undefined) return span;
    if (known === '') return null;
  }
}

/** Line and column of an offset, counted from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

/** The text of a member of an object; `null`: it has none. Of an answer of the API it keeps the numbers as they were sent. */
export function memberText(text: string, name: string): string | null {
  const span = mapJson(text).spans.get(name);
  return span === undefined ? null : text.slice(span.start, span.end);
}
