/** The certificate authorities that are trusted: Node's own, and to them every source that the operator names adds. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tls from 'node:tls';

/** PEM of certificate authorities. */
export type Authorities = {
  /** those that the operator names */
  added: readonly string[];
  /** all that are trusted where nothing else is said: Node's, and the ones added */
  all: readonly string[];
};

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @returns the certificates of a PEM file. @throws Error when it cannot be read, holds none, or one that is damaged */
export function readCertificates(file: string): string[] {
  const certificates = readFileSync(file, 'utf8').match(CERTIFICATE);
  if (certificates === null) throw new Error('there is no PEM certificate in it');
  for (const pem of certificates) new X509Certificate(pem);
  return certificates;
}

/**
 * What a TLS connection trusts that names no authorities of its own, as a list: a list that is given to one replaces Node's, and
 * with it what `NODE_EXTRA_CA_CERTS` and `--use-openssl-ca` had added.
 */
function defaultAuthorities(env: NodeJS.ProcessEnv = process.env): string[] {
  // From Node 22.15 on it says so itself.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  const own = getCACertificates?.('default') ?? [...tls.rootCertificates];
  const options = [...process.execArgv, env.NODE_OPTIONS ?? ''].join(' ');
  const system = /--use-(openssl|system)-ca\b/.test(options) ? systemAuthorities(env) : [];
  return [...new Set([...own, ...extraOfNode(env), ...system])];
}

/** @param files PEM files. @returns `null` where nothing is added to what Node trusts by itself */
export function trustedAuthorities(
  files: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Authorities | null {
  const added = [...extraOfNode(env), ...files.flatMap(readCertificates)];
  return added.length === 0 ? null : { added, all: [...new Set([...defaultAuthorities(env), ...added])] };
}

function extraOfNode({ NODE_EXTRA_CA_CERTS: file }: NodeJS.ProcessEnv): string[] {
  return file ? readCertificates(file) : [];
}

/** Where Linux distributions and BSDs keep what their programs trust. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
];

/**
 * What the machine trusts, as OpenSSL and rustls look for it: `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set, else the
 * distribution's bundle. Where there is none that can be read (macOS, Windows), Node's authorities stand in.
 */
export function systemAuthorities(env: NodeJS.ProcessEnv = process.env): string[] {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folder } = env;
  const files =
    file || folder
      ? [...(file ? [file] : []), ...(folder ? entriesOf(folder) : [])]
      : SYSTEM_BUNDLES.filter((path) => existsSync(path)).slice(0, 1);
  const found = files.flatMap(readable);
  return found.length > 0 ? [...new Set(found)] : [...tls.rootCertificates];
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** A folder of the system may hold other things, too. */
function readable(file: string): string[] {
  try {
    return readCertificates(file);
  } catch {
    return [];
  }
}
