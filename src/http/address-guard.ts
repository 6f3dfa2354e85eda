/**
 * Which addresses may be dialled: public ones, and those that the operator has allowed. A sender of webhooks calls
 * whatever URL a customer types; without this it would call the inside of the operator's network.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Cidr = string;

/** A destination that may not be dialled. The message names the address only when the URL does. */
export class AddressBlockedError extends Error {
  readonly code = 'ADDRESS_BLOCKED';
}

export type AddressGuard = {
  /** why this IP address may not be dialled, or `null` when it may */
  problem(address: string): string | null;
  /**
   * Resolves a host name once and returns the address to dial, so that the address checked is the address dialled.
   * @throws AddressBlockedError when any of the answers may not be dialled
   */
  resolve(host: string): Promise<{ address: string; family: 4 | 6 }>;
};

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

/** @throws Error when an entry is not `address/bits` */
export function createAddressGuard(options: { allowCidrs: readonly Cidr[] }): AddressGuard {
  const allowed = options.allowCidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  const isAllowed = (address: Parsed) =>
    allowed.some(
      ([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never),
    );

  function problem(text: string): string | null {
    if (!ipaddr.isValid(text)) return `${text} is not an IP address`;
    // An IPv4 address in IPv6 clothing is judged as the IPv4 address it reaches.
    const address = ipaddr.process(text);
    if (isAllowed(address) || isPublic(address)) return null;
    return `${rangeName(address)} addresses are not dialled unless the operator allows them (TIDINGS_ALLOW_CIDRS)`;
  }

  async function resolve(host: string) {
    const literal = host.replace(/^\[|\]$/g, '');
    const answers =
      isIP(literal) === 0
        ? await lookup(literal, { all: true, order: 'ipv4first' })
        : [{ address: literal, family: isIP(literal) }];
    // All answers must be fit: an attacker's name with one public and one private address is no accident.
    for (const { address } of answers) {
      const reason = problem(address);
      if (reason !== null) throw new AddressBlockedError(reason);
    }
    const [first] = answers;
    if (first === undefined) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
    return { address: first.address, family: first.family as 4 | 6 };
  }

  return { problem, resolve };
}

const GLOBAL_UNICAST_V6 = ipaddr.parseCIDR('2000::/3');

function isPublic(address: Parsed): boolean {
  if (address.range() !== 'unicast') return false;
  // What IANA has not given out is nobody's public address (and hides forms like ::7f00:1).
  return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST_V6 as never);
}

const RANGE_NAMES: Record<string, string> = {
  unicast: 'unassigned IPv6',
  carrierGradeNat: 'carrier-grade NAT',
  linkLocal: 'link-local',
  uniqueLocal: 'unique local',
  rfc6052: 'NAT64',
  rfc6145: 'IPv4-translated',
};

function rangeName(address: Parsed): string {
  const range = address.range();
  return RANGE_NAMES[range] ?? range;
}
