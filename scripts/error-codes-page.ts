/** The page docs/error-codes.md: every cause of a failed attempt from the table of causes, and every refusal of a request. */
import { CAUSES, type Failure, RESPONSIBLE, type Responsible } from '../src/domain/causes.ts';
import { ATTEMPT_ERRORS, type AttemptErrorCode, PROBLEMS } from '../src/domain/errors.ts';
import { exampleOf } from '../src/domain/explanation.ts';

const WHO: Record<Responsible, string> = {
  receiver: 'whoever runs the server that gets the requests',
  customer: 'whoever set the endpoint up at Tidings: its URL, its secret, its state',
  operator: 'whoever runs Tidings',
  tidings: 'nobody: Tidings goes on by itself',
};

const entries = Object.entries(CAUSES).flatMap(([code, causes]) =>
  causes.map((cause) => ({ ...cause, seen: exampleOf(code as AttemptErrorCode, cause) })),
);

/** What was seen in the example, as far as the words depend on it. */
function seenIn({ status, message, headers }: Failure): string[] {
  return [
    ...(status === null ? [] : [`status ${status}`]),
    ...(message === null ? [] : [`“${message}”`]),
    ...[...headers].map(([name, value]) => `\`${name}: ${value}\``),
  ];
}

function section({ cause, who, summary, action, seen }: (typeof entries)[number]): string[] {
  const example = seenIn(seen);
  return [
    `### ${cause}`,
    '',
    typeof summary === 'string' ? summary : summary(seen),
    '',
    `- Error code: \`${seen.code}\`: ${ATTEMPT_ERRORS[seen.code]}`,
    ...(example.length === 0 ? [] : [`- For example: ${example.join(', ')}`]),
    `- Who must act: ${who}`,
    `- What to do: ${action}`,
    '',
  ];
}

/** @returns docs/error-codes.md */
export function errorCodesPage(): string {
  return [
    '# Error codes',
    '',
    'This page is generated from `src/domain/causes.ts` and `src/domain/errors.ts` by `npm run generate-docs`.',
    '',
    '## Causes of failed attempts',
    '',
    'A failed attempt has an `error` with a code, and an `explanation` with the cause as far as it was seen, who must act, and what to do.',
    'The API serves this part at `/docs/error-codes`, where `docs_url` leads.',
    '',
    '| who | is |',
    '| --- | --- |',
    ...RESPONSIBLE.map((who) => `| ${who} | ${WHO[who]} |`),
    '',
    ...entries.flatMap(section),
    '## Refusals of requests',
    '',
    'The API answers a request that it refuses with a problem (RFC 9457). Its `detail` says what to do.',
    '',
    '| code | status | title |',
    '| --- | --- | --- |',
    ...Object.entries(PROBLEMS).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`),
    '',
  ].join('\n');
}
