/** The target of a URL: one host name, which is resolved, sent to TLS, written into `host` and looked for in the certificate. */
import { endpointUrl } from '../domain/endpoint-url.ts';
import { portOf } from './address-guard.ts';

export type Target = {
  /** a name in ASCII without a dot at its end, or an address without brackets */
  host: string;
  port: number;
  isTls: boolean;
  /** scheme, host and port: the key of kept connections */
  origin: string;
  /** the value of the `host` header */
  authority: string;
  /** path and query */
  path: string;
};

/** @param url as it is stored; an older one may not have been normalised when it was stored */
export function readTarget(url: string): Target {
  const parsed = endpointUrl(new URL(url));
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: portOf(parsed),
    isTls: parsed.protocol === 'https:',
    origin: parsed.origin,
    authority: parsed.host,
    path: parsed.pathname + parsed.search,
  };
}
