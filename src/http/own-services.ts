/**
 * The addresses and ports of the services that Tidings itself consists of, so that no endpoint reaches them: an operator who allows
 * 10.0.0.0/8 means the receivers there, not the database.
 */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { type Address, isPublic, parseAddress } from './address-ranges.ts';
import type { ListeningPorts } from './listening-ports.ts';

export type OwnService = {
  /** a name or an address; for a listener also `0.0.0.0` and `::` */
  host: string;
  port: number;
};

export type OwnServices = {
  add(service: OwnService): void;
  /** resolves when the services at this port of these addresses are known, as far as they can be */
  ready(port: number, addresses: readonly Address[]): Promise<void>;
  /** whether a service of ours is reached there, as far as their addresses are known by now */
  isAt(address: Address, port: number): boolean;
};

type Known = OwnService & { addresses: Address[]; asked: Promise<void>; askedAtMs: number };

const REFRESH_MS = 60_000;
/** Ports at which a public address may be shared: others answer there, too, through an ingress or a content delivery network. */
const SHARED_PORTS = new Set([80, 443]);

/** @param listening the ports of our own processes, in addition to the services given to `add` */
export function createOwnServices(listening: ListeningPorts): OwnServices {
  const services: Known[] = [];
  const at = (port: number) => services.filter((service) => service.port === port);

  function ask(service: Known): Promise<void> {
    service.askedAtMs = performance.now();
    return lookup(service.host, { all: true }).then(
      (answers) => {
        service.addresses = answers.flatMap(({ address }) => parseAddress(address) ?? []);
      },
      // The known addresses stay known. A name that has never resolved leads no endpoint to the service either.
      () => {},
    );
  }

  return {
    add(service) {
      const host = service.host.replace(/^\[|\]$/g, '');
      const literal = parseAddress(host);
      const known: Known = {
        ...{ host, port: service.port, addresses: literal === null ? [] : [literal] },
        ...{ asked: Promise.resolve(), askedAtMs: Number.POSITIVE_INFINITY },
      };
      if (literal === null) known.asked = ask(known);
      services.push(known);
    },
    async ready(port, addresses) {
      if (addresses.some(isThisMachine)) await listening.look();
      for (const service of at(port)) {
        await service.asked;
        // A database may move to another address. It is looked up again in the background.
        if (performance.now() - service.askedAtMs > REFRESH_MS) service.asked = ask(service);
      }
    },
    isAt(address, port) {
      const here = isThisMachine(address);
      if (here && listening.has(port)) return true;
      return at(port).some(({ addresses }) =>
        addresses.some(
          (own) =>
            (here && isThisMachine(own)) ||
            (own.toString() === address.toString() && !(SHARED_PORTS.has(port) && isPublic(own))),
        ),
      );
    },
  };
}

/** Loopback, the unspecified address (which connects to loopback) and the addresses of the network interfaces. */
function isThisMachine(address: Address): boolean {
  if (['loopback', 'unspecified'].includes(address.range())) return true;
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return own.some((each) => parseAddress(each.address)?.toString() === address.toString());
}
