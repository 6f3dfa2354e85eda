/**
 * Receivers reset, hang, drip, answer garbage or send without end: their deliveries end as promised, and those of others do not
 * wait.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../helpers/database.ts';
import { inScene, type Treat, until } from '../helpers/scene.ts';

const GIGABYTE = 1024 ** 3;
const PIECE = Buffer.alloc(1024 * 1024, 'x');

/** Writes straight to the connection, which need not become HTTP. */
const raw =
  (write: (socket: NonNullable<Parameters<Treat>[0]['socket']>) => void): Treat =>
  (response, arrival) => {
    arrival.refused = true;
    if (response.socket !== null) write(response.socket);
  };

function drip(write: (byte: string) => boolean): void {
  const timer = setInterval(() => {
    if (!write('x')) clearInterval(timer);
  }, 1_000);
}

const RECEIVERS: { manner: string; treat: Treat; outcome: 'arrived' | 'told' }[] = [
  { manner: 'resets the connection', treat: raw((socket) => socket.resetAndDestroy()), outcome: 'told' },
  { manner: 'never answers', treat: raw(() => {}), outcome: 'told' },
  {
    manner: 'drips its headers',
    treat: raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-drip: ');
      drip((byte) => !socket.destroyed && socket.write(byte));
    }),
    outcome: 'told',
  },
  {
    manner: 'drips its body',
    treat: (response) => {
      response.writeHead(200);
      drip((byte) => !response.destroyed && response.write(byte));
    },
    outcome: 'arrived',
  },
  {
    manner: 'answers garbage',
    treat: raw((socket) => socket.end('\u0000\u0001 I am not HTTP\r\n\r\n')),
    outcome: 'told',
  },
  {
    manner: 'sends a gigabyte',
    treat: (response) => {
      response.writeHead(200, { 'content-length': String(GIGABYTE) });
      let left = GIGABYTE;
      const more = () => {
        while (left > 0 && !response.destroyed) {
          left -= PIECE.length;
          if (!response.write(PIECE)) return response.once('drain', more);
        }
        return response.end();
      };
      more();
    },
    outcome: 'arrived',
  },
];

test.concurrent.each(RECEIVERS)(
  'a receiver that $manner: its deliveries end as promised, and the others do not wait for them',
  async ({ manner, treat, outcome }) => {
    const database = await createTestDatabase();
    const setting = { databaseUrl: database.url, observer: database.db, roles: ['serve'] as const };
    await inScene(`receiver ${manner}`, setting, async (scene) => {
      const bad = await scene.receiver(treat);
      const healthy = await scene.subscribe(await scene.receiver());
      const sick = await scene.subscribe(bad, { retry_schedule: [1], timeout_ms: 4_000 });
      const stopSick = scene.load(sick.tenant, 8);
      await until('the bad one is at work', () => bad.arrivals.length >= 4);
      const stopHealthy = scene.load(healthy.tenant, 8);
      await sleep(4_000);
      await stopHealthy();
      // The bad one goes on being fed while the good one's last must come.
      await until('the healthy have arrived', async () => {
        const { body } = await scene.call('GET', `/v1/tenants/${healthy.tenant}/deliveries?limit=200`);
        return body.items.every(({ status }: { status: string }) => status === 'succeeded');
      });
      await stopSick();
      const account = await scene.account();
      expect(account.told > 0).toBe(outcome === 'told');
      const status = readFileSync(`/proc/${scene.process('serve').pid}/status`, 'utf8');
      expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024).toBeLessThan(GIGABYTE);
    });
  },
  300_000,
);
