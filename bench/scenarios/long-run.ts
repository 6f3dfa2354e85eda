/** A hundred thousand deliveries in a row: does the service's memory grow with them? */
import { measure, warmUp } from '../measure.ts';
import { memoryMb } from '../processes.ts';
import type { Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

const RATE = 800;
const SECONDS = 125;
const LOOKS = 5;

export const longRun: Scenario = {
  name: 'long-run',
  title: '100,000 events, 800 a second, one endpoint: the memory of the service on the way',
  roles: ['serve'],
  async run(bench) {
    const targets = [await tenant(bench, { endpoints: 1 })];
    await warmUp(bench, [warmUpStream(bench, targets)]);
    const seconds = bench.duration(SECONDS);
    const events = RATE * seconds;
    const seen: Record<string, number> = {};
    const look = setInterval(
      () => {
        const emitted = Math.round((events * (Object.keys(seen).length + 1)) / LOOKS);
        seen[`MB after ${emitted}`] = memoryMb(bench.stack.parts).serve ?? 0;
      },
      (seconds * 1000) / LOOKS,
    );
    try {
      const row = await measure(bench, {
        streams: [{ name: 'steady', targets, events, rate: RATE }],
        expected: events,
      });
      return { ...row, extra: { ...row.extra, ...seen } };
    } finally {
      clearInterval(look);
    }
  },
};
