/** Explains why a call got no answer, in a sentence that says what to do. */
import type { Connection } from './connection.ts';

const START = 'Is the service running? Start it with: npm start';

/** Error names of OpenSSL, Node and undici, with what each means for the person who typed the URL. */
const MEANINGS: [RegExp, (connection: Connection) => string][] = [
  [/ECONNREFUSED|ECONNREFUSED|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, () => START],
  [/ENOTFOUND|EAI_AGAIN/, ({ urlSource }) => `There is no such host. Check the URL (from ${urlSource}).`],
  [
    /WRONG_VERSION_NUMBER|EPROTO|PACKET_LENGTH_TOO_LONG|RECORD_LAYER/,
    () => 'The server does not speak TLS. Try the URL with http:// in place of https://.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS_CERT|ALTNAME/,
    () => 'Its certificate is not trusted. Name its authority with TIDINGS_CA_FILE or NODE_EXTRA_CA_CERTS.',
  ],
  [/HPE_|HTTPParser/, () => 'The server does not speak HTTP. Check the port, and whether it is https://.'],
  [
    /ECONNRESET|UND_ERR_SOCKET|EPIPE|terminated/,
    () => 'The connection was closed in the middle. Check the port, and whether it is https://.',
  ],
  [
    /TimeoutError|UND_ERR_(HEADERS|BODY)_TIMEOUT/,
    () => 'It took too long. Try again, or wait longer with --timeout.',
  ],
  [/bad port/, () => 'This port may not be called over HTTP. Check the URL.'],
];

/** @param error what `fetch` has thrown; the reason may be deep in its causes */
export function describeSilence(connection: Connection, error: unknown): string {
  const reasons = causesOf(error);
  const words = reasons.map(({ name, code, message }) => `${name} ${code ?? ''} ${message}`).join(' ');
  const [, meaning] = MEANINGS.find(([pattern]) => pattern.test(words)) ?? [];
  const { code, message = String(error) } = reasons.at(-1) ?? {};
  return `No answer from ${connection.url} (${typeof code === 'string' ? code : message}). ${meaning?.(connection) ?? START}`;
}

type Reason = Error & { code?: string | number; errors?: unknown[] };

function causesOf(error: unknown): Reason[] {
  const causes: Reason[] = [];
  for (let each = error as Reason | undefined; each instanceof Error && causes.length < 8; ) {
    causes.push(each);
    // When several addresses were tried, the error of the first one is shown.
    each = (each.cause ?? each.errors?.[0]) as Reason | undefined;
  }
  return causes;
}
