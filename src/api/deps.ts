/** What the API needs of the process that serves it. */
import type { Engine } from '../domain/ports.ts';
import type { AddressGuard } from '../http/address-guard.ts';
import type { Logger } from '../logger.ts';
import type { DispatchableDelivery } from '../store/dispatch.ts';
import type { Db } from '../store/pool.ts';
import type { Vault } from '../store/vault.ts';

export type ApiDeps = {
  db: Db;
  vault: Vault;
  engine: Engine;
  guard: Pick<AddressGuard, 'urlProblem'>;
  /** this process's dispatcher; null where workers run apart */
  dispatcher: { owner: string; leaseMs: number; offer(rows: DispatchableDelivery[]): void } | null;
  adminKey: string;
  allowHttp: boolean;
  maxEventBytes: number;
  /** whether this process's worker polls; null when it has none */
  isWorking: () => boolean | null;
  logger: Logger;
};
