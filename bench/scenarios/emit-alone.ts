/** Emitting alone: events and their deliveries are committed by an `api` without a worker, and nothing is delivered. */
import { measure, warmUp } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

export const emitAlone: Scenario = {
  name: 'emit-alone',
  title:
    '10,000 events, 32 emitters, committed and not delivered (`api` without a worker); costs are for each event',
  roles: ['api'],
  async run(bench) {
    const targets = [await tenant(bench, { endpoints: 1 })];
    await warmUp(bench, [{ ...warmUpStream(bench, targets), copies: 0 }], { settles: false });
    const events = bench.size(10_000);
    return measure(bench, {
      streams: [{ name: 'emit', targets, events, emitters: 32 }],
      expected: 0,
      units: events,
      settles: false,
    });
  },
};
