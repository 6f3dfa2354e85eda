/** How fast the service works off what comes all at once for one endpoint. */
import { type Measured, measure, warmUp } from '../measure.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

export const burst: Scenario = {
  name: 'burst',
  title: '5,000 events, 32 emitters, one endpoint',
  roles: ['serve'],
  run: runBurst,
};

export async function runBurst(bench: Bench): Promise<Measured> {
  const targets = [await tenant(bench, { endpoints: 1 })];
  await warmUp(bench, [warmUpStream(bench, targets)]);
  const events = bench.size(5_000);
  return measure(bench, { streams: [{ name: 'burst', targets, events, emitters: 32 }], expected: events });
}
