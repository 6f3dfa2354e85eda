/** Events at a steady rate, whatever the answers (an open loop): how long one takes, quiet or busy. */
import { measure, warmUp } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

export const steady50 = steady(50, 30);
export const steady200 = steady(200, 30);
export const open800 = steady(800, 60);

function steady(rate: number, seconds: number): Scenario {
  return {
    name: `steady-${rate}`,
    title: `${rate} events a second for ${seconds} s, one endpoint`,
    roles: ['serve'],
    async run(bench) {
      const targets = [await tenant(bench, { endpoints: 1 })];
      await warmUp(bench, [warmUpStream(bench, targets)]);
      const events = rate * bench.duration(seconds);
      return measure(bench, { streams: [{ name: 'steady', targets, events, rate }], expected: events });
    },
  };
}
