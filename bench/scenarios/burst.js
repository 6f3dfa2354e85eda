/** How fast the service works off what comes all at once for one endpoint. */
import { measure, warmUp } from '../measure.js';
import { tenant, warmUpStream } from '../setting.js';

export const burst = {
  name: 'burst',
  title: '5,000 events, 32 emitters, one endpoint',
  roles: ['serve'],
  run: runBurst,
};

export async function runBurst(bench) {
  const targets = [await tenant(bench, { endpoints: 1 })];
  await warmUp(bench, [warmUpStream(bench, targets)]);
  const events = bench.size(5_000);
  return measure(bench, { streams: [{ name: 'burst', targets, events, emitters: 32 }], expected: events });
}
