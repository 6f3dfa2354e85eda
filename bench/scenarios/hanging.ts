/** A fifth of the endpoints hangs until the timeout: what do the others notice? */
import { measure, warmUp } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import { tenantOfTypes, warmUpStream } from '../setting.ts';

export const hanging: Scenario = {
  name: 'hanging',
  title: '100 events a second for 100 endpoints, 20 of which hang; latency of the other 80',
  roles: ['serve'],
  async run(bench) {
    const { ok, hanging } = await tenantOfTypes(bench, { ok: 80, hanging: 20 });
    await warmUp(bench, [warmUpStream(bench, [...ok, ...hanging])]);
    const seconds = bench.duration(30);
    return measure(bench, {
      streams: [
        { name: 'healthy', targets: ok, events: ok.length * seconds, rate: ok.length },
        { name: 'hanging', targets: hanging, events: hanging.length * seconds, rate: hanging.length },
      ],
      behaviours: { hanging: 'hang' },
      expected: ok.length * seconds,
      settles: false,
    });
  },
};
