/** Explains a failed TLS handshake in words for the engineer at the other end. */
import { ATTEMPT_ERRORS } from '../domain/errors.ts';

/** Codes of OpenSSL's verification, its protocol errors, and those that Node adds. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH|ERROR_IN_|AKID_|SUBJECT_ISSUER|EE_KEY|CA_(KEY|MD)_|EMAIL_MISMATCH|IP_ADDRESS_MISMATCH|OCSP_)/;

export const isTlsError = (code: string) => TLS_CODE.test(code);

const REASONS: [RegExp, string][] = [
  [/^CERT_HAS_EXPIRED/, 'Its certificate, or one that vouches for it, has expired'],
  [/^CERT_NOT_YET_VALID/, 'Its certificate is not valid yet'],
  [/^(DEPTH_ZERO_)?SELF_SIGNED/, 'Its certificate is self-signed, and nobody trusted vouches for it'],
  [
    /^(UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_UNTRUSTED|INVALID_CA)/,
    'Its certificate comes from an authority that is not trusted here, or the intermediate certificate is missing',
  ],
  [/^CERT_SIGNATURE_FAILURE/, 'Its certificate was not signed by the authority that it names'],
  [/^CERT_REVOKED/, 'Its certificate was revoked'],
  [/^(EE_KEY_TOO_SMALL|CA_KEY_TOO_SMALL|CA_MD_TOO_WEAK)/, 'Its certificate is too weak'],
  [
    /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|WRONG_SSL_VERSION/,
    'There is no TLS version that both sides speak',
  ],
  [/CERTIFICATE_REQUIRED/, 'It demands a client certificate, which Tidings does not have'],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE/,
    'What it answered is not TLS; perhaps the port speaks plain http',
  ],
  [
    /ALERT_HANDSHAKE_FAILURE/,
    'It broke the handshake off (alert: handshake failure): no cipher in common, or it demands a client certificate',
  ],
  [/ALERT_UNRECOGNIZED_NAME|UNRECOGNIZED_NAME/, 'It does not know the host name (alert: unrecognized name)'],
];

/** The reason in one sentence, ending in OpenSSL's own code. */
export function tlsReason(error: Error & { code?: string; reason?: string }): string {
  const code = error.code === 'EPROTO' ? openSslCode(error.message) : (error.code ?? error.name);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return sentence(`Its certificate is not for this host: ${printable(error.reason ?? '')}`, code);
  }
  const known = REASONS.find(([pattern]) => pattern.test(code))?.[1];
  if (known !== undefined) return sentence(known, code);
  const [, alert] = /ALERT_([A-Z_]+)$/.exec(code) ?? [];
  if (alert !== undefined) return sentence(`It broke off with the alert "${words(alert)}"`, code);
  return sentence(ATTEMPT_ERRORS.tls_error, code);
}

/** `…:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:…` of older Nodes */
function openSslCode(message: string): string {
  const [, reason] = /:SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  return reason === undefined ? 'EPROTO' : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
}

const MAX_REASON = 300;

const words = (constant: string) => constant.toLowerCase().replaceAll('_', ' ');

const printable = (text: string) =>
  text
    .replace(/[^ -~]/g, '?')
    .replace(/\.$/, '')
    .slice(0, MAX_REASON);

const sentence = (text: string, code: string) => `${text.replace(/\.$/, '')} (${code}).`;
