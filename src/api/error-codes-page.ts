/** `/docs/error-codes`: the causes of failed attempts as a page, to which the `docs_url` of an explanation leads. */
import type { FastifyInstance } from 'fastify';
import { CAUSES, type Cause } from '../domain/causes.ts';
import type { AttemptErrorCode } from '../domain/errors.ts';
import { ERROR_CODES_PATH, exampleOf } from '../domain/explanation.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}' +
  'code{font-size:.9em}h2{margin-top:2rem;font-size:1.1rem}:target{background:#fc66}';

const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

function section(code: AttemptErrorCode, entry: Cause): string {
  const { cause, who, summary, action } = entry;
  const words = typeof summary === 'string' ? summary : summary(exampleOf(code, entry));
  return (
    `<section id="${cause}"><h2>${cause}</h2><p>${escaped(words)}</p>` +
    `<p>Error code: <code>${code}</code>. Who must act: ${who}.</p><p>${escaped(action)}</p></section>`
  );
}

/** The page. It is made of the table of causes alone. */
function page(): string {
  const sections = Object.entries(CAUSES).flatMap(([code, causes]) =>
    causes.map((cause) => section(code as AttemptErrorCode, cause)),
  );
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>Causes of failed attempts</title><style>${STYLE}</style>` +
    `<h1>Causes of failed attempts</h1>${sections.join('')}</html>`
  );
}

/** Serves the page to everybody: it holds nothing of any tenant. */
export function errorCodesPage(app: FastifyInstance): void {
  const html = page();
  app.get(ERROR_CODES_PATH, { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .header('x-content-type-options', 'nosniff')
      .send(Buffer.from(html)),
  );
}
