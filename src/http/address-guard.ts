/**
 * Guard that decides which destinations may be dialled: public addresses and those that the operator allows, never a service of
 * Tidings itself. A sender of webhooks calls any URL that a customer types; without the guard it would reach the inside of the
 * operator's network.
 */
import { isIP } from 'node:net';
import {
  type Address,
  embeddedAddress,
  isIn,
  isPublic,
  parseAddress,
  parseNetwork,
  rangeName,
} from './address-ranges.ts';
import { portProblem } from './bad-ports.ts';
import { inTurn } from './dial.ts';
import type { ListeningPorts } from './listening-ports.ts';
import { createLookup, type Lookup } from './name-lookup.ts';
import { createOwnServices, type OwnService } from './own-services.ts';

export type Cidr = string;

/** A destination that may not be dialled. The message names the address only when the URL does. */
export class AddressBlockedError extends Error {
  readonly code = 'ADDRESS_BLOCKED';
}

export type AddressGuard = {
  /** why this IP address may not be dialled at this port, or `null` when it may */
  problem(address: string, port: number): string | null;
  /** why this URL may not be dialled, as far as that is known before its name is looked up, or `null`; `resolve` decides the rest */
  urlProblem(url: URL): string | null;
  /**
   * Resolves a host name once and returns the addresses to dial, in the order of RFC 8305, so that the address checked is
   * the address dialled.
   * @throws AddressBlockedError when the port or any of the answers may not be dialled
   * @throws Error with the resolver's code when the name has no address
   */
  resolve(host: string, port: number): Promise<string[]>;
  /** Refuses this address and port from now on, also where the operator allows the network. */
  protect(service: OwnService): void;
};

const NONE_KNOWN: ListeningPorts = { has: () => false, look: async () => {} };

const OPERATOR = 'not dialled unless the operator allows them (TIDINGS_ALLOW_CIDRS)';
const OWN =
  'this address and port belong to a service of Tidings itself, which is never dialled, whatever TIDINGS_ALLOW_CIDRS says';

/**
 * @param options.lookup how names are resolved; default: DNS, the hosts file and the system
 * @param options.listening the ports of our own processes; default: none, so that only the services given to `protect` are refused
 * @throws Error when an entry is not `address/bits`
 */
// Long because all its answers come from the same networks and ports.
export function createAddressGuard(options: {
  allowCidrs: readonly Cidr[];
  lookup?: Lookup;
  listening?: ListeningPorts;
}): AddressGuard {
  const { lookup = createLookup(), listening = NONE_KNOWN } = options;
  const allowed = options.allowCidrs.map(parseNetwork);
  const own = createOwnServices(listening);

  const isFit = (address: Address): boolean => {
    const embedded = embeddedAddress(address);
    // An operator who allows ::/0 or a NAT64 prefix does not thereby allow the IPv4 networks behind the gateway.
    if (embedded !== null && !isFit(embedded)) return false;
    return isPublic(address) || allowed.some((network) => isIn(address, network));
  };

  function addressProblem(address: Address, port: number): string | null {
    if (!isFit(address)) return `${rangeName(address)} addresses are ${OPERATOR}`;
    return [address, embeddedAddress(address)].some((each) => each !== null && own.isAt(each, port))
      ? OWN
      : null;
  }

  function problem(text: string, port: number): string | null {
    const address = parseAddress(text);
    if (address === null) return `${text} is not an IP address`;
    return portProblem(port) ?? addressProblem(address, port);
  }

  const isLoopbackAllowed = () => ['127.0.0.1', '::1'].some((text) => isFit(parseAddress(text) as Address));

  function urlProblem(url: URL): string | null {
    const port = portOf(url);
    const host = bare(url.hostname);
    if (isIP(host) !== 0) return problem(host, port);
    if (isLocalhostName(host) && !isLoopbackAllowed()) {
      return `${host} is this machine itself: loopback addresses are ${OPERATOR}`;
    }
    return portProblem(port);
  }

  async function resolve(written: string, port: number) {
    const host = bare(written);
    const answers = isIP(host) === 0 ? await lookUp(host, port) : [{ address: host, family: isIP(host) }];
    await own.ready(
      port,
      answers.flatMap(({ address }) => reachedBy(address)),
    );
    // Every answer must be allowed: a name with a public and a private address is an attack.
    for (const { address } of answers) {
      const reason = problem(address, port);
      if (reason !== null) throw new AddressBlockedError(reason);
    }
    if (answers.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
    return inTurn(answers);
  }

  async function lookUp(host: string, port: number) {
    const reason =
      portProblem(port) ?? (ENDS_IN_NUMBER.test(host) ? `${host} is an address in disguise` : null);
    if (reason !== null) throw new AddressBlockedError(reason);
    return lookup(host);
  }

  return { problem, urlProblem, resolve, protect: own.add };
}

/** The addresses at which packets to this one may arrive: the address itself, and the IPv4 address embedded in it. */
function reachedBy(text: string): Address[] {
  const address = parseAddress(text);
  return address === null ? [] : [address, embeddedAddress(address)].filter((each) => each !== null);
}

/** No name ends like this (https://url.spec.whatwg.org/#ends-in-a-number-checker), but resolvers read 127.1 and 0x7f.1. */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)\.?$/i;

/** Names that lead to loopback by RFC 6761 or by the hosts files of common systems. */
const LOCALHOST_NAME = /(^|\.)(localhost|localhost6|ip6-localhost|ip6-loopback)(\.localdomain6?)?\.?$/i;

const isLocalhostName = (host: string) => LOCALHOST_NAME.test(host);

const bare = (host: string) => host.replace(/^\[|\]$/g, '');

/** @param url with the scheme http or https */
export function portOf(url: { protocol: string; port: string }): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
