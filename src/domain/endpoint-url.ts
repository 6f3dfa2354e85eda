/** The URL of an endpoint in its one form, and what speaks against it: judged once, after it was normalised. */

/** of the normal form */
export const MAX_URL_LENGTH = 2048;
/** of what is typed, which may be longer than its normal form */
export const MAX_TYPED_URL_LENGTH = 4 * MAX_URL_LENGTH;
/** RFC 1035 section 2.3.4 */
const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;

/**
 * The URL as it is used: names in ASCII (the parser has seen to that) and without the dot that marks a name as whole, since
 * no certificate and few receivers know a name with it; without a fragment, which never leaves the browser.
 */
export function endpointUrl(url: URL): URL {
  const normal = new URL(url);
  normal.hash = '';
  if (normal.hostname.endsWith('.')) normal.hostname = normal.hostname.slice(0, -1);
  return normal;
}

/** Why no request can be sent there, whoever is asked, or `null`. @param url in its one form */
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
