/** Normal form and validity of an endpoint's URL. */

/** characters of the normal form */
export const MAX_URL_LENGTH = 2048;
/** characters of the typed URL, which may be longer than its normal form */
export const MAX_TYPED_URL_LENGTH = 4 * MAX_URL_LENGTH;
/** RFC 1035 section 2.3.4 */
const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;

/**
 * Normalises a URL. The host name is in ASCII (the parser does that) and has no dot at its end, because no certificate and few receivers
 * know a name with one. The fragment is dropped, because it never leaves a browser.
 */
export function endpointUrl(url: URL): URL {
  const normal = new URL(url);
  normal.hash = '';
  if (normal.hostname.endsWith('.')) normal.hostname = normal.hostname.slice(0, -1);
  return normal;
}

/** Why no request can be sent to this URL, or `null`. @param url in its normal form */
export function endpointUrlProblem(url: URL): string | null {
  const { length } = url.href;
  if (length > MAX_URL_LENGTH) {
    return `is ${length} characters long once it is encoded; it may have ${MAX_URL_LENGTH}`;
  }
  if (url.hostname.startsWith('[')) return null;
  const labels = url.hostname.split('.');
  if (labels.includes('')) return 'has a host name with an empty part between its dots';
  if (labels.some((label) => label.length > MAX_LABEL_LENGTH)) {
    return `has a host name with a part of more than ${MAX_LABEL_LENGTH} characters (in ASCII, as DNS has it)`;
  }
  if (url.hostname.length > MAX_NAME_LENGTH) {
    return `has a host name of more than ${MAX_NAME_LENGTH} characters (in ASCII, as DNS has it)`;
  }
  return null;
}
