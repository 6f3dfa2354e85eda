/** Every file of the program and of its tests begins with a statement of what it is, does or tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const files = ['src', 'activities', 'workflows', 'test']
  .flatMap((folder) =>
    readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  )
  .filter((name) => name.endsWith('.ts'))
  .sort();

const QUESTION_WORD =
  /^((from|to|by|in|of|for) )?(what|where|how|which|who|whom|whose|whoever|whatever|whether|when|why)\b/i;

/** The first sentence of the comment at the beginning of a file, in one line; `null` where there is none. */
function firstSentence(source: string): string | null {
  const [, comment] = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(source) ?? [];
  if (comment === undefined) return null;
  const text = comment
    .replace(/^\s*\*/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /^.+?[.?!](?= |$)/.exec(text)?.[0] ?? null;
}

/** @returns what is wrong with a file's first sentence, or `null` */
function problemOf(source: string): string | null {
  const sentence = firstSentence(source);
  if (sentence === null) return 'does not begin with a comment of at least one sentence';
  if (QUESTION_WORD.test(sentence) || sentence.endsWith('?')) return `begins with a question: ${sentence}`;
  return null;
}

test('the first sentence of every file is a statement', () => {
  const problems = files.flatMap((file) => {
    const problem = problemOf(readFileSync(join(PACKAGE_ROOT, file), 'utf8'));
    return problem === null ? [] : [`${file} ${problem}`];
  });
  expect(files.length).toBeGreaterThan(400);
  expect(problems).toEqual([]);
});

test.each([
  ['/** In-memory queue of deliveries, one per lane. */\n', null],
  ['#!/usr/bin/env node\n/** Starts the command line. */\n', null],
  ['/**\n * Decides what follows from an attempt.\n * When it is lost, it decides that, too.\n */\n', null],
  ['/** What waits in memory. */\n', /a question/],
  ['/** How a command ends. */\n', /a question/],
  ['/** Whatever comes in gets an answer. */\n', /a question/],
  ['/**\n * From what came of an attempt to its record.\n */\n', /a question/],
  ['/** Is it a question? */\n', /a question/],
  ['/** words without an end */\n', /does not begin/],
  ["import { join } from 'node:path';\n/** Too late. */\n", /does not begin/],
])('%j is judged by its first sentence', (source, problem) => {
  if (problem === null) expect(problemOf(source)).toBeNull();
  else expect(problemOf(source)).toMatch(problem);
});
