/**
 * Rate limit for wrong keys, per address. An address that sends too many is suspect for some seconds: its new keys are looked up
 * more slowly. It is never locked out, because a whole company may share one address.
 */
import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

const MAX_ADDRESSES = 10_000;
/** The first four groups are a /64, the least IPv6 network that a provider gives to a customer. */
const IPV6_GROUPS = 4;

export type WrongKeyLimiter = {
  sentWrong(address: string): void;
  isSuspect(address: string): boolean;
};

/**
 * @param perSecond wrong keys that an address may send a second before it is suspected; it may send ten times as many at once
 * @param now ms on a clock that only goes forward
 */
export function createWrongKeyLimiter(
  perSecond: number,
  now: () => number = () => performance.now(),
): WrongKeyLimiter {
  const burst = perSecond * 10;
  // Number of wrong keys by network, as a leaky bucket: it sinks by `perSecond` each second.
  const debts = new LRUCache<string, { wrong: number; atMs: number }>({ max: MAX_ADDRESSES });
  const debtOf = (network: string) => {
    const debt = debts.get(network);
    return debt === undefined ? 0 : Math.max(0, debt.wrong - ((now() - debt.atMs) / 1000) * perSecond);
  };
  return {
    sentWrong(address) {
      const network = networkOf(address);
      debts.set(network, { wrong: Math.min(debtOf(network) + 1, burst + perSecond), atMs: now() });
    },
    isSuspect: (address) => debtOf(networkOf(address)) >= burst,
  };
}

function networkOf(address: string): string {
  // A dual-stack socket shows IPv4 addresses with this prefix.
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!isIPv6(plain)) return plain;
  const [before = '', after] = (plain.split('%')[0] ?? '').split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, IPV6_GROUPS).join(':');
}
