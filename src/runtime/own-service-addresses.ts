/** Addresses of the services that this process uses (PostgreSQL, Temporal, mail, …), so that none of them can be made an endpoint. */

import { channelServices } from '../channels/index.ts';
import type { Environment } from '../config/environment.ts';
import type { OwnService } from '../http/own-services.ts';
import { collectorUrl } from '../observability/tracing.ts';
import { databaseAddress } from '../store/pool.ts';
import type { TemporalTarget } from '../temporal/connection.ts';

/**
 * Further ports of Temporal's server on the same host: its HTTP API, the ports of its services and of their membership
 * (https://docs.temporal.io/references/configuration). None of them authenticates its callers.
 */
const TEMPORAL_PORTS = [7243, 7234, 7235, 7239, 6933, 6934, 6935, 6939];

/** All services that the environment names, and the API and metrics that another process may serve on this machine. */
export function ownServiceAddresses(options: {
  databaseUrl: string;
  temporal: TemporalTarget;
  environment: Environment;
}): OwnService[] {
  const { temporal, environment: env } = options;
  return [
    databaseAddress(options.databaseUrl),
    ...located(`grpc://${temporal.connection.address ?? 'localhost'}`, 7233).flatMap(
      withOthers(TEMPORAL_PORTS),
    ),
    ...[temporal.uiUrl, env.TIDINGS_EGRESS_PROXY, collectorUrl(env)].flatMap((url) =>
      located(url, url?.startsWith('https:') ? 443 : 80),
    ),
    ...channelServices(env).flatMap(({ url, defaultPort, otherPorts = [] }) =>
      located(url, defaultPort).flatMap(withOthers(otherPorts)),
    ),
    ...listener(env.TIDINGS_HOST, env.TIDINGS_PORT),
    ...listener(env.TIDINGS_METRICS_HOST, env.TIDINGS_METRICS_PORT),
  ];
}

const withOthers = (ports: readonly number[]) => (service: OwnService) => [
  service,
  ...ports.map((port) => ({ host: service.host, port })),
];

/** Leaves out port 0: the port is known only once the server listens. */
function listener(host: string, port: number | undefined): OwnService[] {
  return port === undefined || port === 0 ? [] : [{ host, port }];
}

/** Ignores what is not a URL: it fails where it is used, with a better message. */
function located(url: string | null | undefined, defaultPort: number): OwnService[] {
  if (!url || !URL.canParse(url)) return [];
  const { hostname, port } = new URL(url);
  return [{ host: hostname === '' ? 'localhost' : hostname, port: port === '' ? defaultPort : Number(port) }];
}
