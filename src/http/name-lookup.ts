/**
 * Resolves host names so that one that hangs delays no other. `dns.lookup` runs on two of libuv's four threads: two endpoints whose name
 * servers do not answer would hold up every other name, the database's included. DNS is therefore asked over sockets, without threads and
 * without a limit, and the system only for names that DNS does not know.
 */
import { lookup, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export type Answer = { address: string; family: number };
/** @throws Error with a `code` beginning with `ENOTFOUND`, `EAI_` or `EDNS_` */
export type Lookup = (host: string) => Promise<Answer[]>;

const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 3;
/** The wait for the other family. RFC 8305 section 3 has 50 ms; here it is longer, because a later address is not tried at all. */
const OTHER_FAMILY_MS = 300;
const MAX_WAITING_FOR_SYSTEM = 200;
const HOSTS_FILE = '/etc/hosts';

const askTheSystem: Lookup = (host) => lookup(host, { all: true, order: 'ipv4first' });

/** @param options.servers addresses of the name servers; default: those of the machine */
export function createLookup(options: { servers?: readonly string[]; system?: Lookup } = {}): Lookup {
  const { servers, system = askTheSystem } = options;
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const inTurn = oneAtATime(system);

  return async (host) => {
    // The machine itself answers for these names. A customer cannot make them hang.
    if (!host.includes('.') || host.endsWith('.localhost') || (await isInHostsFile(host)))
      return system(host);
    const [v4, v6] = await bothOrOne([resolver.resolve4(host), resolver.resolve6(host)]);
    const answers = [
      ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({ address, family: 4 })),
      ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({ address, family: 6 })),
    ];
    if (answers.length > 0) return answers;
    const codes = [v4, v6].map((result) => (result.status === 'rejected' ? String(result.reason.code) : ''));
    // The system's search list, or another service than DNS, may know the name: `service.namespace` in a cluster, or mDNS.
    if (codes.every((code) => /^(ENOTFOUND|ENODATA|ECONNREFUSED)$/.test(code))) return inTurn(host);
    const code = codes.find((each) => !/^(ENOTFOUND|ENODATA)$/.test(each)) ?? '';
    throw Object.assign(new Error(`${host} could not be looked up`), { code: `EDNS_${code}` });
  };
}

/**
 * Waits for both families, or for the first with addresses when the other is late: some name servers drop queries for IPv6
 * (RFC 4074), and each connection would wait for the whole time of a query.
 */
async function bothOrOne(questions: readonly [Promise<string[]>, Promise<string[]>]) {
  const [v4, v6] = questions;
  const one = await Promise.any(questions).catch(() => null);
  if (one === null) return Promise.allSettled(questions);
  const inTime = (question: Promise<string[]>) =>
    Promise.race([question, sleep(OTHER_FAMILY_MS, [], { ref: false })]);
  return Promise.allSettled([inTime(v4), inTime(v6)]);
}

/** Asks the system for one name at a time, which leaves the second thread to the database and the mail server: any name may hang. */
function oneAtATime(system: Lookup): Lookup {
  const waiting = new Map<string, Promise<Answer[]>>();
  let last: Promise<unknown> = Promise.resolve();
  return (host) => {
    const same = waiting.get(host);
    if (same !== undefined) return same;
    if (waiting.size >= MAX_WAITING_FOR_SYSTEM) {
      return Promise.reject(Object.assign(new Error(`${host} is not known`), { code: 'ENOTFOUND' }));
    }
    const asked = last.then(() => system(host)).finally(() => waiting.delete(host));
    last = asked.catch(() => {});
    waiting.set(host, asked);
    return asked;
  };
}

/** Reads the hosts file every time, because containers and operators write it while we run; it is small. */
async function isInHostsFile(host: string): Promise<boolean> {
  const text = await readFile(HOSTS_FILE, 'utf8').catch(() => '');
  return text.split('\n').some((line) => {
    const [, ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return names.includes(host.toLowerCase());
  });
}
