/**
 * The worker's clock is off by an hour: the retry schedule holds, and requests that receivers refuse for their timestamp are sent
 * again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../helpers/database.ts';
import { makeFolder } from '../helpers/folder.ts';
import { type Arrival, inScene, type Scene, until } from '../helpers/scene.ts';
import { fakeClockLibrary, type WorkerClock, workerClock } from '../helpers/worker-clock.ts';

const library = fakeClockLibrary();
const onClocks = library === null ? test.concurrent.skip : test.concurrent;
if (library === null)
  console.warn('Skipped: a worker with a wrong clock needs libfaketime (apt-get install faketime).');

const OFFSETS = [
  ['ahead', '+1h'],
  ['behind', '-1h'],
] as const;
const TOLERANCE_S = 300;

/** How far the time in the signature is from ours, as a receiver reckons it. */
const offBy = ({ headers }: Arrival) => Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000);

async function withClock(
  fault: string,
  story: (scene: Scene, clock: WorkerClock) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase();
  const clock = workerClock(library ?? '', await makeFolder());
  const setting = { databaseUrl: database.url, observer: database.db, roles: ['api'] as const };
  await inScene(fault, setting, async (scene) => {
    await scene.start('worker', clock.env);
    await story(scene, clock);
    await scene.account();
  });
}

function gapsMs(arrivals: Arrival[]): number[] {
  const byId = new Map<string, number[]>();
  for (const { webhookId, atMs } of arrivals) byId.set(webhookId, [...(byId.get(webhookId) ?? []), atMs]);
  return [...byId.values()].flatMap((times) => times.slice(1).map((time, at) => time - (times[at] ?? 0)));
}

for (const [where, offset] of OFFSETS) {
  onClocks(
    `a worker whose clock jumps an hour ${where} keeps to the schedule, and what is refused comes again`,
    async () => {
      await withClock(`worker's clock an hour ${where}`, async (scene, clock) => {
        const strict = await scene.receiver((response, arrival) =>
          response.writeHead(offBy(arrival) > TOLERANCE_S ? 400 : 200).end(),
        );
        const { tenant } = await scene.subscribe(strict, { retry_schedule: Array(20).fill(4) });
        const late = await scene.receiver((response, { nth }) =>
          response.writeHead(nth < 3 ? 503 : 200).end(),
        );
        const retried = await scene.subscribe(late, { retry_schedule: [4, 4, 4] });
        const stops = [scene.load(tenant, 3), scene.load(retried.tenant, 3)];
        await sleep(2_000);
        clock.set(offset);
        await until('a receiver has refused a signature for its time', () =>
          strict.arrivals.some((arrival) => arrival.refused),
        );
        await sleep(10_000);
        clock.set('+0');
        await sleep(2_000);
        for (const stop of stops) await stop();
        await until('all have arrived', async () =>
          (await scene.rows()).every(({ status }) => status === 'succeeded'),
        );
        // Delays count from the end of an attempt; timers are about a second coarse.
        expect(Math.min(...gapsMs([...late.arrivals, ...strict.arrivals]))).toBeGreaterThan(2_500);
      });
    },
    300_000,
  );

  onClocks(
    `a worker whose clock is an hour ${where} finds an attempt that was lost, and does not hurry it`,
    async () => {
      await withClock(`attempt lost, found with a clock an hour ${where}`, async (scene, clock) => {
        const receiver = await scene.receiver((response, arrival) => {
          if (arrival.nth > 1) response.writeHead(200).end();
        });
        const { tenant } = await scene.subscribe(receiver, { retry_schedule: [60], timeout_ms: 6_000 });
        await scene.emit(tenant, 3);
        await until('they are in flight', () => receiver.arrivals.length === 3);
        await scene.kill('worker');
        clock.set(offset);
        await scene.start('worker', clock.env);
        await until('all have arrived', () => receiver.arrivals.length === 6, 150_000);
        expect(Math.min(...gapsMs(receiver.arrivals))).toBeGreaterThan(50_000);
      });
    },
    300_000,
  );
}
