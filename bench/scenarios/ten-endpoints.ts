/** A burst that is spread over several endpoints: does sharing workflows still help? */
import { measure, warmUp } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { tenantOfTypes, warmUpStream } from '../setting.ts';

export const tenEndpoints: Scenario = {
  name: 'ten-endpoints',
  title: '5,000 events, 32 emitters, each for one of ten endpoints',
  roles: ['serve'],
  async run(bench) {
    const { ok: targets } = await tenantOfTypes(bench, { ok: 10 });
    await warmUp(bench, [warmUpStream(bench, targets)]);
    const events = bench.size(5_000);
    return measure(bench, { streams: [{ name: 'burst', targets, events, emitters: 32 }], expected: events });
  },
};
