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
    `curl -X POST ${quote(url)}`,
    ...headers.map(([name, value]) => `  -H ${quote(`${name}: ${value}`)}`),
    `  --data-binary ${quote(body.toString('utf8'))}`,
  ];
  return `${lines.join(' \\\n')}\n`;
}

/** For a POSIX shell: nothing between single quotes means anything but itself. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
