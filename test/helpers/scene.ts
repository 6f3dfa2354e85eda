/**
 * A fault's scene: Tidings as real processes under load, receivers that keep count, and the account at the end, in which
 * every 202 must be found again.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/embedded/free-port.ts';
import type { Db } from '../../src/store/pool.ts';
import { atEnd } from './cleanup.ts';
import { startProcess, type TestProcess } from './process.ts';
import { type Answer, apiClient } from './service.ts';

export type Role = 'api' | 'worker' | 'serve';

/** One request that came to a receiver. */
export type Arrival = {
  webhookId: string;
  /** of this webhook-id, from 1 */
  nth: number;
  /** whether the sender was told, or has to conclude, that it must come again */
  refused: boolean;
  headers: Record<string, string | string[] | undefined>;
  atMs: number;
};
export type Treat = (response: ServerResponse, arrival: Arrival) => void;

export type SceneReceiver = { url: string; arrivals: Arrival[]; treat(treat: Treat): void };

/** What became of everything that was emitted; a line of the table. */
export type Account = {
  fault: string;
  accepted: number;
  refused: string;
  delivered: number;
  /** ended failed, and people were told */
  told: number;
  /** arrivals of what had come before and had not been refused */
  twice: number;
  lost: number;
  /** from the last emit */
  seconds: number;
  /** processes that ended although nobody had killed them */
  died: number;
};

export type Scene = {
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  start(role: Role, env?: Record<string, string>): Promise<TestProcess>;
  /** `kill -9`, all at the same moment */
  kill(...roles: Role[]): Promise<void>;
  process(role: Role): TestProcess;
  receiver(treat?: Treat): Promise<SceneReceiver>;
  /** A tenant with an endpoint. */
  subscribe(
    receiver: { url: string },
    endpoint?: object,
    tenant?: object,
  ): Promise<{ tenant: string; endpoint: string }>;
  emit(tenant: string, count?: number): Promise<void>;
  /** Emits so many a second until the function that it returns is called. */
  load(tenant: string, perSecond: number): () => Promise<void>;
  /** Takes into account what somebody else has emitted for a tenant. */
  include(tenant: string, acceptedIds: readonly string[]): void;
  /** the statuses of everything that was accepted, as the rows have them */
  rows(): Promise<{ eventId: string; status: string; told: boolean }[]>;
  /** Waits until every accepted event is accounted for, writes the line, and fails unless it is as promised. */
  account(withinMs?: number): Promise<Account>;
  close(): Promise<void>;
};

export async function until(what: string, isSo: () => unknown, withinMs = 180_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`In vain: waited ${withinMs} ms until ${what}`);
    await sleep(50);
  }
}

/**
 * @param setting.observer a way into the database that the fault leaves open
 * @param setting.roles the processes to start
 */
export async function openScene(
  fault: string,
  setting: {
    databaseUrl: string;
    observer: Db;
    roles: readonly Role[];
    temporalAddress?: string;
    env?: Record<string, string>;
  },
): Promise<Scene> {
  const port = await freePort(0);
  const api = apiClient(`http://127.0.0.1:${port}`);
  const taskQueue = `faults-${randomUUID()}`;
  const running = new Map<Role, TestProcess>();
  const receivers: SceneReceiver[] = [];
  const accepted: string[] = [];
  const refused = new Map<string, number>();
  const tenants: string[] = [];
  let died = 0;

  async function start(role: Role, env: Record<string, string> = {}): Promise<TestProcess> {
    const process = await startProcess(role, {
      databaseUrl: setting.databaseUrl,
      taskQueue,
      ...(setting.temporalAddress !== undefined && { temporalAddress: setting.temporalAddress }),
      TIDINGS_PORT: String(port),
      TIDINGS_RECONCILE_AFTER_S: '5',
      TIDINGS_NOTICE_INTERVAL_S: '1',
      TIDINGS_ADDRESS_MAILS_PER_HOUR: '10000',
      ...setting.env,
      ...env,
    });
    running.set(role, process);
    return process;
  }

  function count(why: string): void {
    refused.set(why, (refused.get(why) ?? 0) + 1);
  }

  async function emitOne(tenant: string): Promise<void> {
    const answer = await api('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: {} }).catch(
      () => null,
    );
    if (answer?.status === 202) accepted.push(answer.body.id);
    else if (answer === null) count('no answer');
    else
      count(
        answer.status !== 503 || answer.headers.has('retry-after')
          ? String(answer.status)
          : '503 without retry-after',
      );
  }

  async function rows() {
    const { rows } = await setting.observer.query<{ eventId: string; status: string; told: boolean }>(
      `select event_id as "eventId", status, told_at is not null as told from deliveries where tenant_id = any($1)`,
      [tenants],
    );
    return rows;
  }

  const arrivals = () => receivers.flatMap((receiver) => receiver.arrivals);

  /** @returns which events are told of, and which are not accounted for yet */
  async function missing(): Promise<{ told: Set<string>; open: Set<string> }> {
    const arrived = new Set(arrivals().map((arrival) => arrival.webhookId));
    const told = new Set<string>();
    const done = new Set<string>();
    for (const row of await rows()) {
      if (row.status === 'failed' && row.told) told.add(row.eventId);
      if (row.status === 'succeeded' && arrived.has(row.eventId)) done.add(row.eventId);
    }
    return { told, open: new Set(accepted.filter((id) => !told.has(id) && !done.has(id))) };
  }

  async function account(withinMs = 240_000): Promise<Account> {
    const from = performance.now();
    let state = { told: new Set<string>(), open: new Set(accepted) };
    while (state.open.size > 0 && performance.now() - from < withinMs) {
      await sleep(250);
      state = await missing().catch(() => state);
    }
    for (const process of running.values()) if (!process.isAlive()) died += 1;
    const line: Account = {
      fault,
      accepted: accepted.length,
      refused: [...refused].map(([why, times]) => `${times} × ${why}`).join(', ') || '0',
      delivered: accepted.filter((id) => !state.told.has(id) && !state.open.has(id)).length,
      told: accepted.filter((id) => state.told.has(id)).length,
      twice: receivers.reduce((sum, receiver) => sum + cameInVain(receiver.arrivals), 0),
      lost: state.open.size,
      seconds: Math.round((performance.now() - from) / 1000),
      died,
    };
    const file = process.env.TEST_FAULTS_ACCOUNT;
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
    if (state.open.size > 0) {
      const { rows: open } = await setting.observer.query(
        `select d.*, (select json_agg(a.error_code order by a.number) from attempts a where a.delivery_id = d.id) as errors, now()
         from deliveries d where event_id = any($1) limit 3`,
        [[...state.open]],
      );
      const logs = [...running].map(([role, { log }]) => `${role}:\n${log.slice(-15).join('\n')}`);
      throw new Error(`${JSON.stringify(line)}\n${JSON.stringify(open)}\n${logs.join('\n')}`);
    }
    expect({ lost: line.lost, died }).toEqual({ lost: 0, died: 0 });
    expect([...refused.keys()].filter((why) => why !== '503' && why !== 'no answer')).toEqual([]);
    expect(line.accepted).toBeGreaterThan(0);
    // Also of what nobody here has asked: whatever this process was asked since it started.
    expect((await api('GET', '/metrics')).text).toMatch(/^tidings_internal_errors_total 0$/m);
    return line;
  }

  for (const role of setting.roles) await start(role);

  return {
    call: api,
    start,
    rows,
    account,
    async kill(...roles) {
      await Promise.all(roles.map((role) => running.get(role)?.kill()));
    },
    process(role) {
      const found = running.get(role);
      if (found === undefined) throw new Error(`No ${role} was started`);
      return found;
    },
    async receiver(treat) {
      const receiver = await startSceneReceiver(treat);
      receivers.push(receiver);
      return receiver;
    },
    async subscribe({ url }, endpoint = {}, more = {}) {
      const { body: tenant } = await api('POST', '/v1/tenants', { name: fault, ...more });
      tenants.push(tenant.id);
      const made = await api('POST', `/v1/tenants/${tenant.id}/endpoints`, {
        url,
        timeout_ms: 5_000,
        ...endpoint,
      });
      if (made.status !== 201) throw new Error(made.text);
      return { tenant: tenant.id, endpoint: made.body.id };
    },
    async emit(tenant, times = 1) {
      await Promise.all(Array.from({ length: times }, () => emitOne(tenant)));
    },
    load(tenant, perSecond) {
      const under = new Set<Promise<void>>();
      const timer = setInterval(() => {
        const one: Promise<void> = emitOne(tenant).finally(() => under.delete(one));
        under.add(one);
      }, 1_000 / perSecond);
      return async () => {
        clearInterval(timer);
        await Promise.all(under);
      };
    },
    include(tenant, acceptedIds) {
      tenants.push(tenant);
      accepted.push(...acceptedIds);
    },
    async close() {
      await Promise.all([...running.values()].map((process) => process.kill()));
    },
  };
}

/** What came although it had come before, and had not been sent away. */
function cameInVain(arrivals: Arrival[]): number {
  const welcome = new Set<string>();
  let twice = 0;
  for (const { webhookId, refused } of arrivals) {
    if (welcome.has(webhookId)) twice += 1;
    if (!refused) welcome.add(webhookId);
  }
  return twice;
}

async function startSceneReceiver(
  first: Treat = (response) => response.writeHead(200).end(),
): Promise<SceneReceiver> {
  const arrivals: Arrival[] = [];
  const times = new Map<string, number>();
  let treat = first;
  const server = createServer((request, response) => {
    response.on('error', () => {});
    request.on('error', () => {}).resume();
    request.on('end', () => {
      const webhookId = String(request.headers['webhook-id']);
      const nth = (times.get(webhookId) ?? 0) + 1;
      times.set(webhookId, nth);
      const arrival: Arrival = {
        webhookId,
        nth,
        refused: false,
        headers: request.headers,
        atMs: performance.now(),
      };
      arrivals.push(arrival);
      response.on('finish', () => {
        if (response.statusCode >= 300) arrival.refused = true;
      });
      treat(response, arrival);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    arrivals,
    treat(next) {
      treat = next;
    },
  };
}

/** Runs the story in the scene, and leaves no process of it behind. */
export async function inScene(
  fault: string,
  setting: Parameters<typeof openScene>[1],
  story: (scene: Scene) => Promise<unknown>,
): Promise<void> {
  const scene = await openScene(fault, setting);
  try {
    await story(scene);
  } finally {
    await scene.close();
  }
}
