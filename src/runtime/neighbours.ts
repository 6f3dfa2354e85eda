/** Where the services listen that this process works with, so that none of them can be made an endpoint. */
import type { OwnService } from '../http/own-services.ts';
import type { ServiceOptions } from './service.ts';

/** PostgreSQL, Temporal, its Web UI, the mail server, and the API that another process may serve on this machine. */
export function neighbours(
  options: Pick<ServiceOptions, 'databaseUrl' | 'temporal' | 'environment'>,
): OwnService[] {
  const { temporal, environment: env } = options;
  return [
    ...located(options.databaseUrl, 5432),
    ...located(`grpc://${temporal.connection.address ?? 'localhost'}`, 7233),
    ...located(temporal.uiUrl, temporal.uiUrl?.startsWith('https:') ? 443 : 80),
    ...located(env.SMTP_URL, env.SMTP_URL?.startsWith('smtps:') ? 465 : 587),
    // With port 0 it is known only when it listens.
    ...(env.TIDINGS_PORT === 0 ? [] : [{ host: env.TIDINGS_HOST, port: env.TIDINGS_PORT }]),
  ];
}

/** What cannot be read as a URL fails where it is used, with a better message than one from here. */
function located(url: string | null | undefined, defaultPort: number): OwnService[] {
  if (!url || !URL.canParse(url)) return [];
  const { hostname, port } = new URL(url);
  // Without a host, or with the path of a socket as host, it is on this machine.
  const host = hostname === '' || hostname.toLowerCase().startsWith('%2f') ? 'localhost' : hostname;
  return [{ host, port: port === '' ? defaultPort : Number(port) }];
}
