/**
 * Parses the head of an HTTP/1 response, or says what is wrong with it. It is as tolerant as curl where two readers cannot disagree about
 * the meaning; a connection is not used again after a head that was tolerated. Pure, so that it is tested as a table.
 */

/** The bytes that came are no valid HTTP response. The message says what is wrong, as a clause. */
export class InvalidResponseError extends Error {}

/** The rule that determines the end of a body (RFC 9112 section 6.3). */
export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' }
  | { kind: 'close' };

export type ResponseHead = {
  status: number;
  /** in their own spelling, read as Latin-1, in the order of the wire */
  headers: [string, string][];
  framing: Framing;
  /** the body's codings, the outermost last: content codings, then transfer codings other than `chunked` */
  codings: string[];
  /** whether the connection may carry another request when this response has ended */
  isReusable: boolean;
  /** seconds for which the receiver says that it keeps the idle connection open; `null`: it does not say */
  keepAliveS: number | null;
};

const STATUS_LINE = /^HTTP\/(\d)(?:\.(\d))?[ \t]+(\d{3})(?:[ \t].*)?$/i;

/**
 * @param bytes from the status line to the empty line
 * @throws InvalidResponseError
 */
export function readHead(bytes: Buffer): ResponseHead {
  const text = bytes.toString('latin1');
  if (text.includes('\0')) throw new InvalidResponseError('there is a NUL in its headers');
  const [first = '', ...rest] = text.replace(/(\r?\n)+$/, '').split('\n');
  const { status, minor } = readStatusLine(stripCr(first));
  const lines = readLines(rest.map(stripCr));
  const { headers } = lines;
  const transfer = listOf(headers, 'transfer-encoding').filter((coding) => coding !== 'identity');
  const framing = framingOf(status, transfer, headers);
  const isOrdinary =
    lines.areRegular && !/[^\r]\n/.test(text) && minor >= 1 && hasOneLength(headers, transfer);
  return {
    status,
    headers,
    framing,
    codings: [
      ...listOf(headers, 'content-encoding').filter((coding) => coding !== 'identity'),
      ...transfer.filter((coding) => coding !== 'chunked'),
    ],
    isReusable: isOrdinary && framing.kind !== 'close' && !listOf(headers, 'connection').includes('close'),
    keepAliveS: keepAliveOf(headers),
  };
}

/** @throws InvalidResponseError */
function readStatusLine(line: string): { status: number; minor: number } {
  const [, major, minor, digits] = STATUS_LINE.exec(line) ?? [];
  if (digits === undefined) throw new InvalidResponseError(`its status line is ${quoted(line)}`);
  // Some gateways write "HTTP/2 200" on a connection that speaks HTTP/1.1.
  if (major !== '1' && major !== '2') {
    throw new InvalidResponseError(`it speaks another version of HTTP: ${quoted(line)}`);
  }
  const status = Number(digits);
  if (status < 100) throw new InvalidResponseError(`its status ${digits} is none of HTTP's`);
  return { status, minor: major === '1' ? Number(minor ?? 0) : 0 };
}

/** @throws InvalidResponseError */
function readLines(lines: string[]): { headers: [string, string][]; areRegular: boolean } {
  const headers: [string, string][] = [];
  let areRegular = true;
  for (const line of lines) {
    const last = headers.at(-1);
    const colon = line.indexOf(':');
    if (/^[ \t]/.test(line)) {
      if (last === undefined) throw new InvalidResponseError('its first header begins with a space');
      last[1] = `${last[1]} ${clean(line)}`.trim();
      areRegular = false;
    } else if (colon < 0) {
      throw new InvalidResponseError(`a header line has no colon: ${quoted(line)}`);
    } else {
      const name = line.slice(0, colon);
      areRegular &&= TOKEN.test(name) && !line.includes('\r');
      headers.push([name.trimEnd(), clean(line.slice(colon + 1))]);
    }
  }
  return { headers, areRegular };
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 9112 section 2.2: a CR that ends no line is read as a space. Blanks are trimmed by index: a pattern walks a long row of them anew from each. */
function clean(value: string): string {
  const text = value.replaceAll('\r', ' ');
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t';

const stripCr = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);

/** @throws InvalidResponseError */
function framingOf(status: number, transfer: string[], headers: [string, string][]): Framing {
  if (status < 200 || status === 204 || status === 304) return { kind: 'none' };
  if (transfer.length > 0) return { kind: transfer.at(-1) === 'chunked' ? 'chunked' : 'close' };
  const lengths = [...new Set(lengthsOf(headers))];
  if (lengths.some((length) => !/^\d+$/.test(length))) {
    throw new InvalidResponseError(`its content-length is ${quoted(lengths.join(', '))}`);
  }
  if (lengths.length > 1)
    throw new InvalidResponseError(`it has several lengths: ${quoted(lengths.join(', '))}`);
  const [length] = lengths;
  return length === undefined
    ? { kind: 'close' }
    : { kind: 'length', length: Math.min(Number(length), Number.MAX_SAFE_INTEGER) };
}

const hasOneLength = (headers: [string, string][], transfer: string[]) =>
  lengthsOf(headers).length + Math.min(transfer.length, 1) <= 1;

const lengthsOf = (headers: [string, string][]) =>
  valuesOf(headers, 'content-length').flatMap((value) => value.split(',').map((each) => each.trim()));

/** `keep-alive: timeout=5, max=100` */
function keepAliveOf(headers: [string, string][]): number | null {
  for (const parameter of listOf(headers, 'keep-alive')) {
    const [, seconds] = /^timeout\s*=\s*"?(\d{1,9})"?$/.exec(parameter) ?? [];
    if (seconds !== undefined) return Number(seconds);
  }
  return null;
}

const valuesOf = (headers: [string, string][], name: string) =>
  headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);

/** The entries of a comma-separated header in lower case. */
const listOf = (headers: [string, string][], name: string) =>
  valuesOf(headers, name).flatMap((value) =>
    value
      .toLowerCase()
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
  );

const MAX_QUOTED = 60;

/**
 * Quotes a part of a response for an error's message, with all but printable ASCII escaped. Of a long part only the length is given:
 * if it were cut within a secret that it repeats, the secret would not be recognised and masked.
 */
export function quoted(text: string): string {
  if (text.length > MAX_QUOTED) return `a line of ${text.length} characters`;
  return `"${text.replace(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}
