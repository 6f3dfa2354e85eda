/**
 * Classification of IP addresses: public or not, and the IPv4 address embedded in an IPv6 one. Pure, so that it is tested as a table.
 */
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = [Address, number];

/** Parses an address; an IPv4-mapped one (`::ffff:a.b.c.d`) becomes its IPv4 address. `null`: not an IP address. */
export function parseAddress(text: string): Address | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

/** @throws Error when it is not `address/bits` */
export function parseNetwork(cidr: string): Network {
  return ipaddr.parseCIDR(cidr);
}

export function isIn(address: Address, network: Network): boolean {
  return network[0].kind() === address.kind() && address.match(network as never);
}

const GLOBAL_UNICAST_V6 = parseNetwork('2000::/3');

/** Whether the address is globally reachable by IANA's special-purpose registries (RFC 6890). */
export function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  // IPv6 space that IANA has not assigned is not public; forms like ::7f00:1 would hide in it.
  return address.kind() === 'ipv4' || isIn(address, GLOBAL_UNICAST_V6);
}

const NAT64 = parseNetwork('64:ff9b::/96');
const LOCAL_NAT64 = parseNetwork('64:ff9b:1::/48');
const IPV4_COMPATIBLE = parseNetwork('::/96');
const IPV4_TRANSLATED = parseNetwork('::ffff:0:0:0/96');
const SIX_TO_FOUR = parseNetwork('2002::/16');
const TEREDO = parseNetwork('2001::/32');

/**
 * The IPv4 address to which a gateway would carry packets for an IPv6 transition form; `null` for all other addresses.
 * Forms: NAT64 (RFC 6052, RFC 8215), IPv4-compatible (RFC 4291), IPv4-translated (RFC 2765), 6to4 (RFC 3056) and
 * Teredo (RFC 4380, where it is written inverted).
 */
export function embeddedAddress(address: Address): Address | null {
  if (address.kind() === 'ipv4') return null;
  const bytes = address.toByteArray();
  const last = bytes.slice(12);
  if ([NAT64, LOCAL_NAT64, IPV4_COMPATIBLE, IPV4_TRANSLATED].some((network) => isIn(address, network))) {
    // `::` and `::1` are addresses of their own.
    return isIn(address, IPV4_COMPATIBLE) && address.range() !== 'unicast' ? null : new ipaddr.IPv4(last);
  }
  if (isIn(address, SIX_TO_FOUR)) return new ipaddr.IPv4(bytes.slice(2, 6));
  if (isIn(address, TEREDO)) return new ipaddr.IPv4(last.map((byte) => byte ^ 0xff));
  return null;
}

const RANGE_NAMES: Record<string, string> = {
  unicast: 'unassigned IPv6',
  carrierGradeNat: 'carrier-grade NAT',
  linkLocal: 'link-local',
  uniqueLocal: 'unique local',
  rfc6052: 'NAT64',
  rfc6145: 'IPv4-translated',
};

/** The name of the address's range, for people. */
export function rangeName(address: Address): string {
  const range = address.range();
  return RANGE_NAMES[range] ?? range;
}
