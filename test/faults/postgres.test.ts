/** PostgreSQL is killed, restarted, out of connections, slow, silent, and on a full disk. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from '../../src/store/pool.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { makeFolder } from '../helpers/folder.ts';
import { ownPostgres } from '../helpers/own-servers.ts';
import { inScene, type Scene, until } from '../helpers/scene.ts';
import { canMount, fill, smallDisk } from '../helpers/small-disk.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

const ROLES = ['api', 'worker'] as const;

/** Load from before the fault until after it, to receivers that are quick, slow and late. */
async function underLoad(scene: Scene, perSecond: number, fault: () => Promise<unknown>): Promise<void> {
  const quick = await scene.subscribe(await scene.receiver());
  const slow = await scene.receiver((response) => setTimeout(() => response.writeHead(200).end(), 1_000));
  const waited = await scene.subscribe(slow, { retry_schedule: [1, 1, 1, 1, 1] });
  const late = await scene.receiver((response, { nth }) => response.writeHead(nth === 1 ? 503 : 200).end());
  const retried = await scene.subscribe(late, { retry_schedule: [3, 3, 3, 3, 3] });
  const stops = [
    scene.load(quick.tenant, perSecond),
    scene.load(waited.tenant, perSecond / 2),
    scene.load(retried.tenant, perSecond / 2),
  ];
  await until('deliveries flow', () => late.arrivals.length > 3);
  await fault();
  await sleep(3_000);
  for (const stop of stops) await stop();
}

test.concurrent.each(['killed', 'restarted'] as const)(
  'PostgreSQL is %s: what was answered with 202 is delivered when it is back',
  async (how) => {
    const postgres = await ownPostgres();
    const setting = { databaseUrl: postgres.url, observer: postgres.db, roles: ROLES };
    await inScene(`PostgreSQL ${how}`, setting, async (scene) => {
      await underLoad(scene, 8, async () => {
        await (how === 'killed' ? postgres.kill() : postgres.stop());
        await sleep(5_000);
        await postgres.start();
      });
      await scene.account();
    });
  },
  360_000,
);

test.concurrent('processes that start while PostgreSQL is away wait for it, and nobody has to start them again', async () => {
  await behindProxy('PostgreSQL away while processes start', 4, async (proxy, scene) => {
    await scene.kill('api', 'worker');
    await proxy.refuse();
    const starting = [scene.start('api'), scene.start('worker')];
    await sleep(8_000);
    await proxy.heal();
    await Promise.all(starting);
  });
}, 360_000);

test.concurrent('PostgreSQL is out of connections: refused with 503, and nobody needs a restart when there are some again', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const role = `few_${randomUUID().replaceAll('-', '')}`;
  await db.query(`create role ${role} login password 'few'`);
  await db.query(`grant all on all tables in schema public to ${role}`);
  await db.query(`grant all on all sequences in schema public to ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'few';
  const limit = async (connections: number) => {
    await db.query(`alter role ${role} connection limit ${connections}`);
    await db.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]);
  };
  const setting = { databaseUrl: url.href, observer: db, roles: ROLES };
  try {
    await inScene('PostgreSQL out of connections', setting, async (scene) => {
      await underLoad(scene, 8, async () => {
        await limit(0);
        await sleep(6_000);
        await limit(3);
        await sleep(6_000);
        await limit(-1);
      });
      expect((await scene.account()).refused).toContain('503');
    });
  } finally {
    await db.query(`drop owned by ${role}`);
    await db.query(`drop role ${role}`);
  }
}, 360_000);

async function behindProxy(
  fault: string,
  perSecond: number,
  strike: (proxy: Awaited<ReturnType<typeof startTcpProxy>>, scene: Scene) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const setting = { databaseUrl: proxy.through(database.url), observer: database.db, roles: ROLES };
  await inScene(fault, setting, async (scene) => {
    await underLoad(scene, perSecond, () => strike(proxy, scene));
    await scene.account();
  });
}

test.concurrent('PostgreSQL answers late, 200 to 500 ms each way: what is accepted is delivered all the same', async () => {
  await behindProxy('PostgreSQL slow', 2, async (proxy) => {
    proxy.delay(200, 500);
    await sleep(15_000);
    await proxy.heal();
  });
}, 360_000);

test.concurrent('the network to PostgreSQL swallows everything: emits are refused in time, and it all goes on by itself', async () => {
  await behindProxy('PostgreSQL silent (half-open connections)', 4, async (proxy, scene) => {
    proxy.swallow();
    // An answer comes although none comes from the database.
    const answer = await scene.call('GET', '/v1/tenants/ten_0/deliveries');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    await sleep(10_000);
    await proxy.heal();
  });
}, 360_000);

test.concurrent("a process that fell silent in mid-transaction does not keep others from its endpoint's deliveries", async () => {
  const database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const setting = { databaseUrl: database.url, observer: database.db, roles: ROLES };
  await inScene('PostgreSQL left with a lock by a silent process', setting, async (scene) => {
    const { tenant, endpoint } = await scene.subscribe(await scene.receiver(), { ordered: true });
    await scene.emit(tenant, 3);
    const gone = createPool(proxy.through(database.url), { max: 1 });
    const client = await gone.connect();
    await client.query('begin');
    await client.query('select 1 from endpoints where id = $1 for update', [endpoint]);
    proxy.swallow();
    const stop = scene.load(tenant, 2);
    await sleep(35_000);
    await stop();
    const account = await scene.account();
    expect(account.accepted).toBeGreaterThan(3);
    await proxy.heal();
    client.release(true);
    await gone.end();
  });
}, 360_000);

const onDisk = canMount() ? test.concurrent : test.concurrent.skip;
if (!canMount())
  console.warn('Skipped: a full disk under PostgreSQL needs the right to mount (run as root).');

onDisk(
  'the disk under PostgreSQL is full: 503 with retry-after, and work goes on when there is room again',
  async () => {
    const disk = await smallDisk(await makeFolder(), 200);
    mkdirSync(`${disk.path}/postgres`);
    const postgres = await ownPostgres(`${disk.path}/postgres`);
    const setting = { databaseUrl: postgres.url, observer: postgres.db, roles: ROLES };
    await inScene('PostgreSQL on a full disk', setting, async (scene) => {
      await underLoad(scene, 8, async () => {
        const { tenant } = await scene.subscribe(await scene.receiver());
        const free = fill(disk.path);
        // Emits that need room until there is none.
        const data = { filler: 'x'.repeat(100_000) };
        await until('there is no room', async () => {
          const answer = await scene.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data });
          if (answer.status === 202) return false;
          expect(answer.status).toBe(503);
          expect(answer.headers.get('retry-after')).not.toBeNull();
          return true;
        });
        await sleep(5_000);
        free();
        await postgres.startIfDown();
      });
      expect((await scene.account()).refused).toContain('503');
    });
  },
  360_000,
);
