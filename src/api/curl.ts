/** The curl command that repeats a delivery by hand, with the very bytes that are sent. */
import type { AttemptRequest } from '../signing/request.ts';

/** @param shown the masked headers, or the real ones for somebody who may see them */
export function curlCommand(
  request: AttemptRequest,
  body: Buffer,
  shown: 'masked' | 'revealed',
  maskedUrl: string,
): string {
  const headers = shown === 'revealed' ? request.headers : request.maskedHeaders;
  const url = shown === 'revealed' ? request.url : maskedUrl;
  const lines = [
    // Brackets and braces in the URL are no pattern.
    `curl -X POST --globoff ${quote(url)}`,
    // A header without a value would be left out, were it not written like this.
    ...headers.map(([name, value]) => `  -H ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`),
    `  --data-binary ${quote(body.toString('utf8'))}`,
  ];
  return `${lines.join(' \\\n')}\n`;
}

/** For a POSIX shell: nothing between single quotes means anything but itself. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
