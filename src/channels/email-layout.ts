/**
 * Layout of an e-mail: blocks of content, rendered as plain text and as HTML. Text from outside is made visible and escaped here, so
 * that no author of a letter can forget it.
 */
import { visibleText } from '../domain/visible-text.ts';

export type Block =
  | { paragraph: string }
  /** `href` is the item's own page */
  | { items: { text: string; href?: string }[] }
  /** lines to copy */
  | { commands: string[] }
  | { link: string; label: string }
  /** smaller print at the end */
  | { footer: string };

export type Letter = { subject: string; blocks: Block[] };

export type RenderedLetter = { subject: string; text: string; html: string };

const MAX_SUBJECT = 250;

export function render({ subject, blocks }: Letter): RenderedLetter {
  return {
    subject: visibleText(subject).slice(0, MAX_SUBJECT),
    text: `${blocks.map(textOf).join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><body style="font-family:system-ui,sans-serif;color:#1c2024;max-width:40rem">
${blocks.map(htmlOf).join('\n')}
</body></html>`,
  };
}

function textOf(block: Block): string {
  if ('paragraph' in block) return visibleText(block.paragraph);
  if ('items' in block)
    return block.items
      .map(
        ({ text, href }) => `- ${visibleText(text)}${href === undefined ? '' : `\n  ${visibleText(href)}`}`,
      )
      .join('\n');
  if ('commands' in block) return block.commands.map((line) => `  ${visibleText(line)}`).join('\n');
  if ('link' in block) return `${block.label}:\n  ${visibleText(block.link)}`;
  return visibleText(block.footer);
}

function htmlOf(block: Block): string {
  if ('paragraph' in block) return `<p>${shown(block.paragraph)}</p>`;
  if ('items' in block)
    return `<ul>\n${block.items
      .map(({ text, href }) => `<li>${href === undefined ? shown(text) : anchor(href, text)}</li>`)
      .join('\n')}\n</ul>`;
  if ('commands' in block)
    return `<pre style="background:#f4f4f5;padding:.75rem;white-space:pre-wrap">${block.commands.map(shown).join('\n')}</pre>`;
  if ('link' in block) return `<p>${anchor(block.link, block.label)}</p>`;
  return `<p style="color:#60646c">${shown(block.footer)}</p>`;
}

const anchor = (href: string, text: string) => `<a href="${shown(href)}">${shown(text)}</a>`;

const shown = (text: string) => escapeHtml(visibleText(text));

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
