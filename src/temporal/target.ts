/** Temporal's address, namespace and TLS trust, from Temporal's own environment variables and configuration file. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Environment } from '../config/environment.ts';
import { type Authorities, systemAuthorities } from '../http/authorities.ts';
import type { TemporalTarget } from './connection.ts';

/** @param authorities those that the operator adds to the trusted ones; `null`: none */
export function temporalFromEnvironment(
  environment: Pick<Environment, 'TIDINGS_TEMPORAL_UI'>,
  authorities: Authorities | null,
): TemporalTarget {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return {
    connection: { ...connectionOptions, ...trusting(connectionOptions.tls, authorities) },
    namespace: namespace ?? 'default',
    uiUrl: environment.TIDINGS_TEMPORAL_UI ?? null,
  };
}

type Tls = ReturnType<typeof loadClientConnectConfig>['connectionOptions']['tls'];

/**
 * The SDK's native core trusts the machine's authorities until it is given a certificate; then it trusts that one alone. It does not
 * know Node's authorities. `TEMPORAL_TLS_SERVER_CA_CERT_*` replaces the machine's, as it does for Temporal's own programs.
 */
function trusting(tls: Tls, authorities: Authorities | null): { tls?: Exclude<Tls, undefined> } {
  if (!tls || authorities === null) return {};
  const own = tls === true ? {} : tls;
  const pinned = own.serverRootCACertificate;
  const base = pinned === undefined ? systemAuthorities() : [Buffer.from(pinned).toString()];
  const certificates = [...new Set([...base, ...authorities.added])];
  return { tls: { ...own, serverRootCACertificate: Buffer.from(certificates.join('\n')) } };
}
