/** Which Temporal to use, how, and whom to trust for it: Temporal's own environment variables and configuration file. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Environment } from '../config/environment.ts';
import { type Authorities, systemAuthorities } from '../http/authorities.ts';
import type { TemporalTarget } from './connection.ts';

/** @param authorities what the operator adds to those that are trusted; `null`: nothing */
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
 * The SDK's native core trusts what the machine trusts, until it is given a certificate: then that one alone, and it
 * does not know of Node's. `TEMPORAL_TLS_SERVER_CA_CERT_*` stands in the place of the machine's, as it does for Temporal's own programs.
 */
function trusting(tls: Tls, authorities: Authorities | null): { tls?: Exclude<Tls, undefined> } {
  if (!tls || authorities === null) return {};
  const own = tls === true ? {} : tls;
  const pinned = own.serverRootCACertificate;
  const base = pinned === undefined ? systemAuthorities() : [Buffer.from(pinned).toString()];
  const certificates = [...new Set([...base, ...authorities.added])];
  return { tls: { ...own, serverRootCACertificate: Buffer.from(certificates.join('\n')) } };
}
