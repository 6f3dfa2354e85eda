/** HTML pages behind the links in e-mails to contacts. A page loads and runs nothing, and changes nothing until its button is pressed. */
import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { visibleText } from '../domain/visible-text.ts';

export type ContactPage = {
  title: string;
  paragraphs: string[];
  /** sends a POST to the page itself, or to `to`, which is relative to it */
  button?: { label: string; to?: string };
};

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;color:#1c2024;background:#fff;max-width:36rem;margin:10vh auto;padding:0 1rem}' +
  'button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#1c2024;color:#fff;cursor:pointer}';

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  // The address holds the token that authorizes the button: no other site may learn it.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
};

export function sendPage(reply: FastifyReply, status: number, page: ContactPage): FastifyReply {
  const { title, paragraphs, button } = page;
  const form =
    button === undefined
      ? ''
      : `<form method="post" action="${shown(button.to ?? '')}"><button type="submit">${shown(button.label)}</button></form>`;
  // Bytes pass by the serializer of the route.
  return reply
    .status(status)
    .headers(HEADERS)
    .send(
      Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${shown(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${shown(title)}</h1>
${paragraphs.map((paragraph) => `<p>${shown(paragraph)}</p>`).join('\n')}
${form}</main></body></html>
`),
    );
}

const shown = (text: string) =>
  visibleText(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
