/** Reads what the log shows of a connection's TLS, bounded and printable. */
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Peer } from '../domain/peer.ts';

const MAX_NAMES = 20;
const MAX_NAME = 100;
const MAX_DISTINGUISHED_NAME = 300;

/**
 * Reads them from a socket whose handshake has ended. It costs some tens of microseconds, so it is done once for a connection. Never throws:
 * what cannot be read of a certificate must not end the process, nor keep the handshake from being checked.
 */
export function peerOf(socket: TLSSocket): Peer {
  const peer: Peer = {
    protocol: socket.getProtocol(),
    ...{ subject: null, issuer: null, validTo: null, names: [], fingerprintSha256: null },
  };
  try {
    // Not `getPeerX509Certificate`: after it, Node 20 finds no name in the certificate when it checks the host.
    const raw: Buffer | undefined = socket.getPeerCertificate()?.raw;
    if (raw === undefined) return peer;
    const { subject, issuer, validTo, subjectAltName, fingerprint256 } = new X509Certificate(raw);
    return {
      ...peer,
      subject: distinguishedName(subject),
      issuer: distinguishedName(issuer),
      validTo: isoTime(validTo),
      names: namesIn(subjectAltName),
      fingerprintSha256: fingerprint256,
    };
  } catch {
    return peer;
  }
}

/** What a receiver writes into its certificate may not steer a display, nor hold what jsonb refuses. */
const printable = (text: string, max: number) => text.slice(0, max).replace(/[^ -~]/g, '?');

// Node writes one attribute a line, and nothing at all for an empty name.
const distinguishedName = (text: string | undefined) =>
  printable(
    (text ?? '').slice(0, MAX_DISTINGUISHED_NAME).trim().replace(/\n/g, ', '),
    MAX_DISTINGUISHED_NAME,
  );

/** `DNS:a.example, DNS:*.b.example, IP Address:192.0.2.1` */
function namesIn(text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  return text
    .slice(0, MAX_NAMES * MAX_NAME)
    .split(', ')
    .slice(0, MAX_NAMES)
    .map((name) => printable(name.replace(/^(DNS|IP Address):/, ''), MAX_NAME));
}

function isoTime(text: string): string | null {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
