/** Trusted certificate authorities: Node's own, and those from every source that the operator names. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tls from 'node:tls';

/** PEM of certificate authorities. */
export type Authorities = {
  /** the operator's */
  added: readonly string[];
  /** Node's and the operator's together */
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
 * The authorities that Node trusts when a connection names none. A connection that is given a list trusts that list alone, so the
 * list must repeat these, with what `NODE_EXTRA_CA_CERTS` and `--use-openssl-ca` add.
 */
function defaultAuthorities(env: NodeJS.ProcessEnv = process.env): string[] {
  // Node lists them itself from 22.15 on.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  const own = getCACertificates?.('default') ?? [...tls.rootCertificates];
  const options = [...process.execArgv, env.NODE_OPTIONS ?? ''].join(' ');
  const system = /--use-(openssl|system)-ca\b/.test(options) ? systemAuthorities(env) : [];
  return [...new Set([...own, ...extraOfNode(env), ...system])];
}

/** @param files PEM files. @returns `null` where nothing is added to the authorities that Node trusts by itself */
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

/** The bundles of authorities of Linux distributions and BSDs. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
];

/**
 * The machine's authorities, found as OpenSSL and rustls find them: from `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set, else
 * from the distribution's bundle. Where none can be read (macOS, Windows), Node's authorities are returned.
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

/** Passes over files without certificates: a folder of the system may hold others. */
function readable(file: string): string[] {
  try {
    return readCertificates(file);
  } catch {
    return [];
  }
}
