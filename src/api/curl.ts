/** The curl command that repeats a delivery by hand, with the very bytes that are sent. */
import type { AttemptRequest } from '../signing/request.ts';

/** @param shown `revealed`: the real headers and URL, for a caller who may see them */
export function curlCommand(
  request: AttemptRequest,
  body: Buffer,
  shown: 'masked' | 'revealed',
  maskedUrl: string,
): string {
  const headers = shown === 'revealed' ? request.headers : request.maskedHeaders;
  const url = shown === 'revealed' ? request.url : maskedUrl;
  const lines = [
    // Without it curl takes brackets and braces in the URL for a pattern.
    `curl -X POST --globoff ${quote(url)}`,
    // curl sends a header without a value only when it ends with a semicolon.
    ...headers.map(([name, value]) => `  -H ${quoteHeader(value === '' ? `${name};` : `${name}: ${value}`)}`),
    `  --data-binary ${quote(body.toString('utf8'))}`,
  ];
  return `${lines.join(' \\\n')}\n`;
}

/**
 * A header goes out with a byte for each character (ISO 8859-1), but a terminal writes two bytes for those beyond ASCII: `printf` makes
 * the one. A mask is no such character; it stands for what is not sent.
 */
function quoteHeader(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\0-\xff]|[\r\n]/.test(text)) return quote(text);
  const format = text
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')
    .replace(/^-|[\x80-\xff]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `"$(printf ${quote(format)})"`;
}

/** Quotes for a POSIX shell, which takes everything between single quotes literally. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
