/**
 * The table of causes: what made an attempt fail, as far as it was seen, who must act, and what they can do. An entry says no more than
 * what was seen; where that has several reasons, it names them as possible.
 */
// Long because it is one table, and the first entry of a code that fits is the one that counts.
import { type Phase, WAITED_FOR } from './attempt-phase.ts';
import type { AttemptErrorCode } from './errors.ts';
import type { RetryRefusal } from './next-step.ts';

/**
 * receiver  whoever runs the server that gets the requests
 * customer  whoever set the endpoint up at Tidings: its URL, its secret, its state
 * operator  whoever runs Tidings
 * tidings   nobody: Tidings goes on by itself
 */
export const RESPONSIBLE = ['receiver', 'customer', 'operator', 'tidings'] as const;
export type Responsible = (typeof RESPONSIBLE)[number];

/** What is known of a failed attempt. What was erased, or never seen, is `null` or empty. */
export type Failure = {
  code: AttemptErrorCode;
  /** the message that was recorded */
  message: string | null;
  /** of the response */
  status: number | null;
  /** of the response, by their names in lower case */
  headers: ReadonlyMap<string, string>;
  /** the beginning of the response's body */
  body: string;
  /** to which the request went, with the values of its query masked */
  url: string | null;
  /** when the endpoint's signing secret was last rotated before the attempt, if that was lately */
  rotatedAt: Date | null;
  /** how the endpoint is now; absent: not looked at */
  endpointNow?: 'enabled' | 'disabled' | 'deleted';
  /** why a retry would be refused if its endpoint were enabled; absent: it would not be, or that was not looked at */
  obstacle?: RetryRefusal;
};

export type Cause = {
  /** stable: clients and the anchors of docs/error-codes.md rely on it */
  cause: string;
  who: Responsible;
  /** whether it fits; absent: it fits whatever has this error code */
  when?: (failure: Failure) => boolean;
  /** what happened, in a sentence */
  summary: string | ((failure: Failure) => string);
  /** what to do */
  action: string;
  /** what it looks like when it is seen, for its document and its tests */
  example?: Partial<Omit<Failure, 'code' | 'headers'>> & { headers?: Record<string, string> };
};

/** The code that a message ends with, such as `ECONNREFUSED`; other addresses that were tried may follow. */
const signOf = ({ message }: Failure): string =>
  /\(([A-Za-z][A-Za-z0-9_]*)\)\.?(?: Tried: .*)?$/.exec(message ?? '')?.[1] ?? '';
const withSign = (pattern: RegExp) => (failure: Failure) => pattern.test(signOf(failure));
const saying = (pattern: RegExp) => (failure: Failure) => pattern.test(failure.message ?? '');
const inPhase = (phase: Phase) => (failure: Failure) =>
  failure.message?.includes(`: ${WAITED_FOR[phase]}.`) ?? false;
const withStatus =
  (...statuses: number[]) =>
  ({ status }: Failure) =>
    status !== null && statuses.includes(status);

/** "within 15000 ms", where the message says so. */
function within({ message }: Failure): string {
  const [, ms] = /\bwithin (\d+) ms\b/.exec(message ?? '') ?? [];
  return ms === undefined ? 'in time' : `within ${ms} ms`;
}

const timeoutExample = (phase: Phase) => ({
  message: `No response within 15000 ms: ${WAITED_FOR[phase]}.`,
});

const isHtml = ({ headers, body }: Failure) =>
  /^text\/html|^application\/xhtml/i.test(headers.get('content-type') ?? '') ||
  /^\s*(<!doctype html|<html[\s>])/i.test(body);

/** Servers at the edge of a network whose own pages with a 403 are refusals; they pass the pages of the receiver on under its name. */
const EDGE_SERVER = /^(AkamaiGHost|CloudFront|awselb\/|BigIP|ddos-guard)/i;
const FIREWALL_HEADERS = ['cf-mitigated', 'x-sucuri-block', 'x-amzn-waf-action'];
const FIREWALL_WORDS =
  /attention required! \| cloudflare|you have been blocked|incapsula incident|the requested url was rejected\. please consult|web application firewall|<title>just a moment\.\.\.|access denied[\s\S]{0,400}reference #/i;

/** Whether the page bears the signs of a firewall or of a filter against bots. */
const isFirewallPage = (failure: Failure) =>
  isHtml(failure) &&
  ((failure.status === 403 && EDGE_SERVER.test(failure.headers.get('server') ?? '')) ||
    FIREWALL_HEADERS.some((name) => failure.headers.has(name)) ||
    FIREWALL_WORDS.test(failure.body));

const MAX_SHOWN = 200;

/** Where a redirect leads, without query and fragment, which may hold secrets; `null`: it does not say. */
function redirectTarget({ headers, url }: Failure): URL | null {
  const location = headers.get('location');
  if (location === undefined) return null;
  try {
    const target = new URL(location, url ?? undefined);
    target.search = '';
    target.hash = '';
    target.username = '';
    target.password = '';
    return target;
  } catch {
    return null;
  }
}

function shownTarget(failure: Failure): string {
  const shown = redirectTarget(failure)?.href;
  if (shown === undefined) return 'a redirect that names no target';
  return `a redirect to ${shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown}`;
}

const SIGN_IN =
  /(^|[/._-])(log[-_]?in|sign[-_]?in|sign_on|sso|oauth2?|saml2?|auth|authenticate|authorize|session\/new)([/._-]|$)/i;

const isSignIn = (failure: Failure) => {
  const target = redirectTarget(failure);
  return (
    target !== null && (SIGN_IN.test(target.pathname) || /^(login|signin|sso|auth)\./i.test(target.hostname))
  );
};

function isToHttps(failure: Failure): boolean {
  const target = redirectTarget(failure);
  if (target === null || failure.url === null || !URL.canParse(failure.url)) return false;
  const from = new URL(failure.url);
  return from.protocol === 'http:' && target.protocol === 'https:' && from.hostname === target.hostname;
}

const REDIRECTED = ({ status }: Failure) => `The receiver answered ${status ?? 'with a redirect'}`;
const answered = ({ status }: Failure) => `The receiver answered ${status ?? 'with a failure'}`;
const rotatedOn = ({ rotatedAt }: Failure) =>
  rotatedAt === null ? 'lately' : `at ${rotatedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const CHECK_CREDENTIALS =
  'Compare the secret and the credentials that the receiver checks with those of the endpoint; where the receiver verifies the signature, it must do so over the raw body.';
const ASK_LOG =
  "Look into the receiver's log at the time of the attempt; the response's body may say more. Every attempt sends the same event.";

export const CAUSES: Record<AttemptErrorCode, readonly Cause[]> = {
  dns_error: [
    {
      cause: 'name_unknown',
      who: 'customer',
      when: withSign(/^(ENOTFOUND|ENODATA)$/),
      summary: "The name service knows no address for the URL's host name.",
      action:
        "Check how the host name in the endpoint's URL is written. If it is right, the receiver's side must publish an address (an A or AAAA record) for it.",
      example: { message: 'The host name could not be resolved. (ENOTFOUND)' },
    },
    {
      cause: 'name_service_failed',
      who: 'receiver',
      when: withSign(/^(EAI_|EDNS_|ESERVFAIL)/),
      summary: "The name service gave no usable answer when it was asked for the URL's host name.",
      action:
        'Check the name servers of the domain. If names of other domains fail too, the operator should check the name service that this machine asks.',
      example: { message: 'The host name could not be resolved. (EAI_AGAIN)' },
    },
    {
      cause: 'name_not_resolved',
      who: 'receiver',
      summary: "The URL's host name could not be resolved.",
      action: "Check the host name in the endpoint's URL, and the records that its domain publishes.",
    },
  ],
  address_blocked: [
    {
      cause: 'own_service',
      who: 'customer',
      when: saying(/service of Tidings itself/),
      summary: 'The URL leads to a service of Tidings itself, which is never called, so nothing was sent.',
      action: "Give the endpoint the receiver's own URL.",
      example: {
        message: 'this address and port belong to a service of Tidings itself, which is never dialled',
      },
    },
    {
      cause: 'port_blocked',
      who: 'customer',
      when: saying(/^port \d+ belongs to another protocol/),
      summary: "The URL's port belongs to another protocol and is never called, so nothing was sent.",
      action: 'Let the receiver listen on another port, such as 443, and change the URL of the endpoint.',
      example: {
        message: 'port 25 belongs to another protocol and is never dialled (browsers refuse it, too)',
      },
    },
    {
      cause: 'address_not_allowed',
      who: 'customer',
      summary: 'The URL leads to an address that may not be called, so nothing was sent.',
      action:
        "Give the endpoint a URL whose host has public addresses only. If the receiver is meant to be inside the operator's network, the operator can allow its addresses (TIDINGS_ALLOW_CIDRS).",
      example: {
        message: 'private addresses are not dialled unless the operator allows them (TIDINGS_ALLOW_CIDRS)',
      },
    },
  ],
  connection_refused: [
    {
      cause: 'no_route',
      who: 'receiver',
      when: withSign(/^(EHOSTUNREACH|EHOSTDOWN|ENETUNREACH)$/),
      summary: "No way led to the receiver's address.",
      action:
        'Check that the host is up and that its name leads to the right address. If other endpoints fail like this too, the operator should check the network of this machine.',
      example: { message: 'Nothing accepted the connection. (EHOSTUNREACH)' },
    },
    {
      cause: 'not_let_out',
      who: 'operator',
      when: withSign(/^(EACCES|EPERM|EADDRNOTAVAIL)$/),
      summary: 'The machine that sends would not open a connection to this address.',
      action: 'Check the firewall rules and the free local ports of the machines that run Tidings.',
      example: { message: 'Nothing accepted the connection. (EPERM)' },
    },
    {
      cause: 'unreachable_through_proxy',
      who: 'receiver',
      when: saying(/\(egress proxy: /),
      summary: "The operator's egress proxy said that it could not connect to the receiver.",
      action:
        'Check that the receiver is up and reachable from outside. If it is, ask the operator whether the egress proxy may connect to it.',
      example: { message: 'Nothing accepted the connection. (egress proxy: 502)' },
    },
    {
      cause: 'connection_refused',
      who: 'receiver',
      summary: "Nothing accepted the connection at the URL's address and port.",
      action:
        'Check that the receiver is running, that it listens on the port of the URL, and that no firewall refuses connections from Tidings.',
      example: { message: 'Nothing accepted the connection. (ECONNREFUSED)' },
    },
  ],
  connection_reset: [
    {
      cause: 'connection_reset',
      who: 'receiver',
      when: withSign(/^(ECONNRESET|EPIPE)$/),
      summary: 'The other side reset the connection before a response came.',
      action:
        'Look for a crash, a restart or a firewall at the receiver at the time of the attempt. The request may have been carried out: what comes again has the same event id.',
      example: { message: 'The connection was closed before a response came. (ECONNRESET)' },
    },
    {
      cause: 'connection_closed',
      who: 'receiver',
      summary: 'The connection was closed before a response came.',
      action:
        'Look for a crash, a restart or a limit at the receiver, or at a proxy in front of it, at the time of the attempt. The request may have been carried out: what comes again has the same event id.',
      example: { message: 'The connection was closed before a response came.' },
    },
  ],
  tls_error: [
    {
      cause: 'certificate_wrong_name',
      who: 'receiver',
      when: (failure) =>
        saying(/^Its certificate is not for this host/)(failure) || withSign(/HOSTNAME_MISMATCH$/)(failure),
      summary: "The receiver's certificate is not for the host name in the URL, so nothing was sent.",
      action:
        'Install a certificate that names this host, or change the URL of the endpoint to a name that the certificate holds.',
      example: {
        message:
          "Its certificate is not for this host: Host: a.example is not in the cert's altnames: DNS:b.example (ERR_TLS_CERT_ALTNAME_INVALID).",
      },
    },
    {
      cause: 'certificate_expired',
      who: 'receiver',
      when: withSign(/^CERT_HAS_EXPIRED$/),
      summary: "The receiver's certificate, or one that vouches for it, has expired, so nothing was sent.",
      action: 'Renew the certificate with its whole chain, and let the server load it.',
      example: { message: 'Its certificate, or one that vouches for it, has expired (CERT_HAS_EXPIRED).' },
    },
    {
      cause: 'certificate_not_yet_valid',
      who: 'receiver',
      when: withSign(/^CERT_NOT_YET_VALID$/),
      summary: "The receiver's certificate is not valid yet, so nothing was sent.",
      action:
        "Install a certificate whose time has begun. If it has, by the receiver's clock, the operator should check the clock of the machines that run Tidings.",
      example: { message: 'Its certificate is not valid yet (CERT_NOT_YET_VALID).' },
    },
    {
      cause: 'certificate_self_signed',
      who: 'receiver',
      when: withSign(/^(DEPTH_ZERO_)?SELF_SIGNED/),
      summary:
        "The receiver's certificate, or the one that its chain ends with, is self-signed and not trusted here, so nothing was sent.",
      action:
        'Install a certificate of a public authority. If the receiver is internal, the operator can trust its authority (TIDINGS_CA_FILE).',
      example: {
        message:
          'Its certificate is self-signed, and nobody trusted vouches for it (DEPTH_ZERO_SELF_SIGNED_CERT).',
      },
    },
    {
      cause: 'certificate_untrusted',
      who: 'receiver',
      when: withSign(/^(UNABLE_TO_|CERT_UNTRUSTED|INVALID_CA|CERT_SIGNATURE_FAILURE|CERT_CHAIN_TOO_LONG)/),
      summary:
        "No authority that is trusted here vouches for the receiver's certificate as it was sent, so nothing was sent.",
      action:
        'Install the certificate together with its intermediate certificates: their absence is the usual reason. An authority of your own must be trusted by the operator (TIDINGS_CA_FILE).',
      example: {
        message:
          'Its certificate comes from an authority that is not trusted here, or the intermediate certificate is missing (UNABLE_TO_VERIFY_LEAF_SIGNATURE).',
      },
    },
    {
      cause: 'certificate_revoked',
      who: 'receiver',
      when: withSign(/^CERT_REVOKED$/),
      summary: "The receiver's certificate was revoked, so nothing was sent.",
      action: 'Install a new certificate.',
      example: { message: 'Its certificate was revoked (CERT_REVOKED).' },
    },
    {
      cause: 'certificate_weak',
      who: 'receiver',
      when: withSign(/^(EE_KEY_TOO_SMALL|CA_KEY_TOO_SMALL|CA_MD_TOO_WEAK)$/),
      summary: "The receiver's certificate, or one that vouches for it, is too weak, so nothing was sent.",
      action: 'Install a certificate with a key of at least 2,048 bits (RSA) and SHA-256.',
      example: { message: 'Its certificate is too weak (EE_KEY_TOO_SMALL).' },
    },
    {
      cause: 'tls_version',
      who: 'receiver',
      when: withSign(/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|WRONG_SSL_VERSION/),
      summary: 'There is no TLS version that both sides speak, so nothing was sent.',
      action: 'Let the receiver speak TLS 1.2 or 1.3.',
      example: {
        message: 'There is no TLS version that both sides speak (ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION).',
      },
    },
    {
      cause: 'client_certificate_demanded',
      who: 'receiver',
      when: withSign(/CERTIFICATE_REQUIRED/),
      summary: 'The receiver demands a client certificate, which Tidings does not have.',
      action:
        'Let requests to this URL in without a client certificate; their signature and the credentials of the endpoint say who sends them.',
      example: {
        message:
          'It demands a client certificate, which Tidings does not have (ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED).',
      },
    },
    {
      cause: 'not_tls',
      who: 'customer',
      when: withSign(
        /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE/,
      ),
      summary: 'What answered at the port of the URL was not TLS.',
      action:
        'Check the port in the URL of the endpoint: it may be one for plain http. Otherwise turn TLS on at the receiver.',
      example: {
        message:
          'What it answered is not TLS; perhaps the port speaks plain http (ERR_SSL_WRONG_VERSION_NUMBER).',
      },
    },
    {
      cause: 'tls_name_unknown',
      who: 'customer',
      when: withSign(/UNRECOGNIZED_NAME/),
      summary: "The receiver's server does not know the host name in the URL, so nothing was sent.",
      action:
        "Check the host name in the endpoint's URL; if it is right, the server at its address must be set up for it.",
      example: {
        message:
          'It does not know the host name (alert: unrecognized name) (ERR_SSL_TLSV1_UNRECOGNIZED_NAME).',
      },
    },
    {
      cause: 'tls_closed',
      who: 'receiver',
      when: saying(/closed during the TLS handshake/),
      summary: 'The connection was closed during the TLS handshake, so nothing was sent.',
      action:
        'Check the TLS settings of the receiver and of what stands in front of it: servers close like this when they know no certificate for the host, and firewalls when they let nobody in.',
      example: { message: 'The connection was closed during the TLS handshake.' },
    },
    {
      cause: 'tls_refused',
      who: 'receiver',
      when: withSign(/ALERT_/),
      summary: 'The receiver broke the TLS handshake off.',
      action:
        "Look for the reason in the log of the receiver's TLS server: often there is no cipher in common, or it demands a client certificate.",
      example: {
        message:
          'It broke the handshake off (alert: handshake failure): no cipher in common, or it demands a client certificate (ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE).',
      },
    },
    {
      cause: 'tls_failed',
      who: 'receiver',
      summary: 'The certificate or the TLS connection was not acceptable.',
      action: "Check the receiver's certificate and its TLS settings.",
    },
  ],
  timeout: [
    {
      cause: 'timeout_resolving',
      who: 'receiver',
      when: inPhase('name'),
      summary: (failure) => `The URL's host name was not resolved ${within(failure)}.`,
      action:
        'Check the name servers of the domain. If names of other domains take long too, the operator should check the name service that this machine asks.',
      example: timeoutExample('name'),
    },
    {
      cause: 'timeout_connecting',
      who: 'receiver',
      when: inPhase('connect'),
      summary: (failure) => `Nothing accepted the connection ${within(failure)}.`,
      action: 'Check that the receiver is up, and that no firewall silently drops connections from Tidings.',
      example: timeoutExample('connect'),
    },
    {
      cause: 'timeout_in_proxy',
      who: 'receiver',
      when: (failure) => inPhase('tunnel')(failure) || saying(/\(egress proxy: /)(failure),
      summary: (failure) => `The operator's egress proxy opened no way to the receiver ${within(failure)}.`,
      action:
        'Check that the receiver is up and reachable from outside. If it is, ask the operator whether the egress proxy may connect to it.',
      example: timeoutExample('tunnel'),
    },
    {
      cause: 'timeout_in_tls',
      who: 'receiver',
      when: inPhase('tls'),
      summary: (failure) =>
        `The connection was accepted, but the TLS handshake did not end ${within(failure)}.`,
      action: 'Check the load of the receiver and of what ends TLS in front of it.',
      example: timeoutExample('tls'),
    },
    {
      cause: 'timeout_sending',
      who: 'receiver',
      when: inPhase('request'),
      summary: (failure) => `The receiver did not take the whole request ${within(failure)}.`,
      action: 'Check the load of the receiver: it accepted the connection, but does not read.',
      example: timeoutExample('request'),
    },
    {
      cause: 'timeout_waiting',
      who: 'receiver',
      when: inPhase('answer'),
      summary: (failure) =>
        `The receiver got the whole request, but no byte of a response came ${within(failure)}.`,
      action:
        'Answer with a 2xx as soon as the event is stored, and do the work afterwards. If that cannot be, give the endpoint a longer timeout_ms (at most 60,000).',
      example: timeoutExample('answer'),
    },
    {
      cause: 'timeout_reading',
      who: 'receiver',
      when: inPhase('head'),
      summary: (failure) => `A response began, but its headers did not end ${within(failure)}.`,
      action:
        'Let the receiver send the headers of its response at once. A body that takes long does no harm.',
      example: timeoutExample('head'),
    },
    {
      cause: 'timeout',
      who: 'receiver',
      summary: (failure) => `No response came ${within(failure)}.`,
      action:
        'Check that the receiver is up and reachable, and that it answers with a 2xx as soon as the event is stored.',
      example: { message: 'No response came in time. (ETIMEDOUT)' },
    },
  ],
  invalid_response: [
    {
      cause: 'tls_expected',
      who: 'customer',
      when: saying(/it speaks TLS, and the URL says http/),
      summary: 'The URL says http, but the receiver speaks TLS at this port.',
      action: 'Change the URL of the endpoint to https.',
      example: {
        message: 'The answer is no HTTP response that can be read: it speaks TLS, and the URL says http.',
      },
    },
    {
      cause: 'http2_only',
      who: 'receiver',
      when: saying(/it speaks HTTP\/2 without being asked/),
      summary: 'The receiver speaks HTTP/2 at a port where HTTP/1.1 was spoken to it.',
      action: 'Let the receiver answer HTTP/1.1, which Tidings speaks.',
      example: {
        message:
          'The answer is no HTTP response that can be read: it speaks HTTP/2 without being asked for it.',
      },
    },
    {
      cause: 'response_cut_off',
      who: 'receiver',
      when: saying(/the connection was closed (before its headers ended|after the interim response)/),
      summary: 'The connection was closed in the middle of the response, before its headers had ended.',
      action:
        'Look for a crash or a limit at the receiver, or at a proxy in front of it. The request may have been carried out: what comes again has the same event id.',
      example: {
        message:
          'The answer is no HTTP response that can be read: the connection was closed before its headers ended.',
      },
    },
    {
      cause: 'headers_too_large',
      who: 'receiver',
      when: saying(/its headers are larger than/),
      summary: 'The headers of the response are larger than 16 KiB.',
      action: 'Let the receiver answer with fewer or shorter headers; cookies are the usual reason.',
      example: {
        message: 'The answer is no HTTP response that can be read: its headers are larger than 16 KiB.',
      },
    },
    {
      cause: 'response_unreadable',
      who: 'receiver',
      summary: 'What the receiver answered is no HTTP response that can be read.',
      action:
        "Check that the port in the endpoint's URL is that of an HTTP server. The bytes that came are shown with the attempt.",
      example: { message: 'The answer is no HTTP response that can be read: it begins with "SSH-2.0".' },
    },
  ],
  redirect_refused: [
    {
      cause: 'redirect_to_sign_in',
      who: 'receiver',
      when: isSignIn,
      summary: (failure) =>
        `${REDIRECTED(failure)}, ${shownTarget(failure)}, which looks like the address of a sign-in page.`,
      action:
        'Let requests to this URL in without a session: whatever guards the receiver must leave the path of webhooks out, and the receiver verifies the signature instead.',
      example: {
        status: 302,
        url: 'https://receiver.example/hooks',
        headers: { location: 'https://receiver.example/login' },
      },
    },
    {
      cause: 'redirect_to_https',
      who: 'customer',
      when: isToHttps,
      summary: (failure) =>
        `${REDIRECTED(failure)}, ${shownTarget(failure)}: from http to https. Redirects are never followed.`,
      action: 'Change the URL of the endpoint to https.',
      example: {
        status: 301,
        url: 'http://receiver.example/hooks',
        headers: { location: 'https://receiver.example/hooks' },
      },
    },
    {
      cause: 'redirect',
      who: 'customer',
      summary: (failure) =>
        failure.headers.has('location')
          ? `${REDIRECTED(failure)}, ${shownTarget(failure)}. Redirects are never followed.`
          : `${REDIRECTED(failure)}. Redirects are never followed.`,
      action:
        'Give the endpoint the URL that takes the request itself. A slash too many or too few at the end of the path is a frequent reason.',
      example: {
        status: 308,
        url: 'https://receiver.example/hooks',
        headers: { location: 'https://receiver.example/hooks/' },
      },
    },
  ],
  http_status: [
    {
      cause: 'firewall_page',
      who: 'receiver',
      when: (failure) => withStatus(401, 403, 405, 406, 409, 429, 503)(failure) && isFirewallPage(failure),
      summary: (failure) =>
        `${answered(failure)} with a web page that bears the signs of a firewall or of a filter against bots.`,
      action:
        'Let the requests of Tidings pass in the firewall in front of the receiver: by their path, or by the addresses that the operator names. The page, in the response, may hold a reference to the rule.',
      example: {
        status: 403,
        headers: { 'content-type': 'text/html; charset=UTF-8' },
        body: '<!DOCTYPE html><title>Attention Required! | Cloudflare</title>',
      },
    },
    {
      cause: 'unauthorized_after_rotation',
      who: 'receiver',
      when: (failure) => withStatus(401, 403)(failure) && failure.rotatedAt !== null,
      summary: (failure) =>
        `${answered(failure)}, and the endpoint's signing secret had been rotated ${rotatedOn(failure)}: a receiver that still verifies with the old one answers like this.`,
      action: `Give the receiver the new secret. ${CHECK_CREDENTIALS}`,
      example: { status: 401, rotatedAt: new Date('2026-01-31T09:30:00Z') },
    },
    {
      cause: 'web_page_instead_of_answer',
      who: 'receiver',
      when: (failure) => withStatus(403, 405, 406, 503)(failure) && isHtml(failure),
      summary: (failure) =>
        `${answered(failure)} with a web page (HTML): a firewall or a web server in front of an application often answers like this, and so do some applications.`,
      action:
        'Read the page, in the response. If the receiver does not know it, look for what stands in front: it must let POST requests to this URL pass.',
      example: {
        status: 403,
        headers: { 'content-type': 'text/html' },
        body: '<html><h1>403 Forbidden</h1>',
      },
    },
    {
      cause: 'unauthorized',
      who: 'receiver',
      when: withStatus(401),
      summary: 'The receiver answered 401: it does not accept who sends.',
      action: CHECK_CREDENTIALS,
      example: { status: 401 },
    },
    {
      cause: 'forbidden',
      who: 'receiver',
      when: withStatus(403),
      summary: 'The receiver answered 403: it does not allow the request.',
      action: `${CHECK_CREDENTIALS} A list of allowed addresses in front of the receiver must hold those of Tidings, too.`,
      example: { status: 403 },
    },
    {
      cause: 'not_found',
      who: 'customer',
      when: withStatus(404),
      summary: 'The receiver answered 404: it knows nothing at the path of the URL.',
      action:
        "Check the path in the endpoint's URL. If it is right, the receiver's side must see why the path is not served.",
      example: { status: 404 },
    },
    {
      cause: 'method_not_allowed',
      who: 'customer',
      when: withStatus(405),
      summary: 'The receiver answered 405: it takes no POST at the path of the URL.',
      action:
        "Check the path in the endpoint's URL: it must be the one that takes webhooks. If it is right, the receiver must allow POST there.",
      example: { status: 405 },
    },
    {
      cause: 'gone',
      who: 'customer',
      when: withStatus(410),
      summary: 'The receiver answered 410: it wants no more requests at this URL.',
      action:
        'Tidings disables an endpoint after a 410, unless that was the answer to a test. Give the endpoint another URL and enable it, or delete it.',
      example: { status: 410 },
    },
    {
      cause: 'too_large_for_receiver',
      who: 'receiver',
      when: withStatus(413),
      summary: 'The receiver answered 413: the body is larger than it, or a proxy in front of it, takes.',
      action:
        'Raise the limit for bodies at the receiver and at every proxy in front of it, or emit smaller data.',
      example: { status: 413 },
    },
    {
      cause: 'media_type_refused',
      who: 'receiver',
      when: withStatus(415),
      summary: "The receiver answered 415: it does not take the request's content type.",
      action: 'Let the receiver take the content type that the request shows.',
      example: { status: 415 },
    },
    {
      cause: 'rejected',
      who: 'receiver',
      when: withStatus(400, 422),
      summary: (failure) => `${answered(failure)}: it does not accept the content of the request.`,
      action:
        "The response's body should say what it does not accept. Some receivers answer like this, too, when the signature does not fit.",
      example: { status: 400 },
    },
    {
      cause: 'too_many_requests',
      who: 'customer',
      when: withStatus(429),
      summary: 'The receiver answered 429: it gets more requests than it takes.',
      action:
        "Give the endpoint a rate_limit that the receiver can keep up with. Where an attempt is left, it comes no sooner than the response's retry-after asks.",
      example: { status: 429 },
    },
    {
      cause: 'request_headers_refused',
      who: 'receiver',
      when: withStatus(431),
      summary: "The receiver answered 431: the request's headers are larger than it takes.",
      action: 'Raise the limit for headers at the receiver, or let the endpoint have fewer custom headers.',
      example: { status: 431 },
    },
    {
      cause: 'gateway_error',
      who: 'receiver',
      when: withStatus(502, 504),
      summary: (failure) =>
        `${answered(failure)}, by which a gateway says that it got no good answer from the server behind it.`,
      action:
        'Check that the application behind the gateway, proxy or load balancer is up and answers in time.',
      example: { status: 502 },
    },
    {
      cause: 'unavailable',
      who: 'receiver',
      when: withStatus(503),
      summary: 'The receiver answered 503: it is not available at the moment.',
      action:
        "Check whether the receiver is being deployed, in maintenance or overloaded. Where an attempt is left, it comes no sooner than the response's retry-after asks.",
      example: { status: 503 },
    },
    {
      cause: 'server_error',
      who: 'receiver',
      when: ({ status }) => status !== null && status >= 500 && status < 600,
      summary: (failure) => `${answered(failure)}: it reports an error of its own.`,
      action: ASK_LOG,
      example: { status: 500 },
    },
    {
      cause: 'client_error',
      who: 'receiver',
      when: ({ status }) => status !== null && status >= 400 && status < 500,
      summary: (failure) => `${answered(failure)}, by which it refuses the request.`,
      action: ASK_LOG,
      example: { status: 418 },
    },
    {
      cause: 'other_status',
      who: 'receiver',
      summary: (failure) =>
        `${answered(failure)}, which is no success: only a status from 200 to 299 is one.`,
      action: 'Let the receiver answer with a 2xx when it has taken the event.',
      example: { status: 999 },
    },
  ],
  authorization_failed: [
    {
      cause: 'credentials_not_obtained',
      who: 'customer',
      summary:
        "The endpoint's credentials must be asked for before each request, and were not obtained, so nothing was sent.",
      action:
        "Read in the attempt's message what the server that gives them out has answered. Check whether it works, and whether the endpoint's `auth` is what it wants.",
    },
  ],
  outcome_unknown: [
    {
      cause: 'sender_stopped',
      who: 'tidings',
      summary:
        'The process that sent stopped during this attempt, so whether the request arrived is not known.',
      action:
        'Nobody has to act: where an attempt is left, it follows by itself. The receiver may have got the event already: what comes again has the same event id.',
    },
  ],
  secret_unreadable: [
    {
      cause: 'secret_unreadable',
      who: 'operator',
      summary: "The endpoint's URL and secrets cannot be decrypted, so nothing was sent.",
      action:
        'Put the key that sealed them back into TIDINGS_ENCRYPTION_KEYS. Where it is lost, delete the endpoint and make it anew.',
    },
  ],
  profile_unknown: [
    {
      cause: 'profile_unknown',
      who: 'operator',
      summary:
        "The version of Tidings that was to send does not know the tenant's profile, so nothing was sent.",
      action: 'Run a version that knows the profile, in every process.',
    },
  ],
  unsendable: [
    {
      cause: 'unsendable',
      who: 'operator',
      summary:
        'No request could be made of what is stored of the delivery or its endpoint, so nothing was sent.',
      action: 'Look for this delivery in the log of Tidings, which names the reason.',
    },
  ],
  endpoint_disabled: [
    {
      cause: 'endpoint_disabled_then_deleted',
      who: 'customer',
      when: ({ endpointNow }) => endpointNow === 'deleted',
      summary: 'The endpoint was disabled before the event was delivered, and has been deleted since.',
      action: 'It cannot be sent any more. Another endpoint gets what is emitted from its creation on.',
      example: { endpointNow: 'deleted' },
    },
    {
      cause: 'endpoint_disabled_then_erased',
      who: 'customer',
      when: ({ obstacle }) => obstacle === 'payload_erased',
      summary:
        'The endpoint was disabled before the event was delivered, and the payload has been erased since.',
      action: 'It cannot be sent any more. If the receiver needs it, emit the event anew.',
      example: { obstacle: 'payload_erased' },
    },
    {
      cause: 'endpoint_disabled_then_unsendable',
      who: 'operator',
      when: ({ obstacle }) => obstacle !== undefined,
      summary:
        'The endpoint was disabled before the event was delivered. By now its secrets cannot be decrypted, or the profile of its tenant is not known, so nothing can be sent to it.',
      action:
        'Put the key that sealed the secrets back into TIDINGS_ENCRYPTION_KEYS, or run a version that knows the profile.',
      example: { obstacle: 'secret_unreadable' },
    },
    {
      cause: 'endpoint_enabled_again',
      who: 'customer',
      when: ({ endpointNow }) => endpointNow === 'enabled',
      summary:
        'The endpoint was disabled before the event was delivered. It is enabled again, and this delivery was not sent again by that.',
      action: 'Retry this delivery, or recover all that the endpoint has missed.',
      example: { endpointNow: 'enabled' },
    },
    {
      cause: 'endpoint_disabled',
      who: 'customer',
      summary: 'The endpoint was disabled before the event was delivered.',
      action: 'Enable the endpoint; then retry this delivery, or recover all that the endpoint has missed.',
    },
  ],
  payload_erased: [
    {
      cause: 'payload_erased',
      who: 'customer',
      summary: 'The payload was erased before the event was delivered.',
      action: 'It cannot be sent any more. If the receiver needs it, emit the event anew.',
    },
  ],
  endpoint_deleted: [
    {
      cause: 'endpoint_deleted',
      who: 'customer',
      summary: 'The endpoint was deleted before the event was delivered.',
      action: 'It cannot be sent any more. Another endpoint gets what is emitted from its creation on.',
    },
  ],
};
