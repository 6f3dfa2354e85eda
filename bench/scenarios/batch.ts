/** The batch API: how fast events are accepted when they come 500 to a request. */
import { measure, warmUp } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

export const batch: Scenario = {
  name: 'batch',
  title: '20,000 events in batches of 500, 4 emitters, one endpoint',
  roles: ['serve'],
  async run(bench) {
    const targets = [await tenant(bench, { endpoints: 1 })];
    await warmUp(bench, [{ ...warmUpStream(bench, targets), emitters: 4, batch: 100 }]);
    const events = bench.size(20_000);
    return measure(bench, {
      streams: [{ name: 'batch', targets, events, emitters: 4, batch: 500 }],
      expected: events,
    });
  },
};
