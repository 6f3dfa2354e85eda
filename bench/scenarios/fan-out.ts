/** One event, many deliveries: what an event costs is shared by them. */
import { measure, warmUp } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

const ENDPOINTS = 10;

export const fanOut: Scenario = {
  name: 'fan-out',
  title: '1,000 events, 32 emitters, each for all of ten endpoints',
  roles: ['serve'],
  async run(bench) {
    const targets = [await tenant(bench, { endpoints: ENDPOINTS })];
    await warmUp(bench, [warmUpStream(bench, targets, ENDPOINTS)]);
    const events = bench.size(1_000);
    return measure(bench, {
      streams: [{ name: 'burst', targets, events, emitters: 32 }],
      expected: events * ENDPOINTS,
    });
  },
};
