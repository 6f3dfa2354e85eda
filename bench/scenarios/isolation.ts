/** One tenant's trouble is its own: the same healthy load without and with endpoints that hang or fail, on one service. */
import type { Stream } from '../load.ts';
import { measure, warmUp } from '../measure.ts';
import { pause } from '../pause.ts';
import type { Scenario } from '../scenario.ts';
import { tenantOfTypes, warmUpStream } from '../setting.ts';

/** Slow enough that the machine has room for all of them: the one that fills it up is `dead-endpoint`. */
const EVERY_S = 8;

export const isolation: Scenario = {
  name: 'isolation',
  title:
    '70 of 100 endpoints without and with 20 that hang and 10 that fail, an event every eight seconds for each',
  roles: ['serve'],
  async run(bench) {
    const groups = await tenantOfTypes(bench, { ok: 70, hanging: 20, failing: 10 });
    await warmUp(bench, [warmUpStream(bench, Object.values(groups).flat())]);
    const seconds = bench.duration(120);
    const stream = (group: keyof typeof groups): Stream => ({
      name: group,
      targets: groups[group],
      events: Math.ceil((groups[group].length * seconds) / EVERY_S),
      rate: groups[group].length / EVERY_S,
      // At fixed rates the three would fall into step, and always the same events meet.
      random: true,
    });
    const expected = Math.ceil((groups.ok.length * seconds) / EVERY_S);
    const without = await measure(bench, { streams: [stream('ok')], expected });
    await pause(2_000);
    const withThem = await measure(bench, {
      streams: [stream('ok'), stream('hanging'), stream('failing')],
      behaviours: { hanging: 'hang', failing: 'fail' },
      expected,
      settles: false,
    });
    return {
      ...withThem,
      extra: {
        ...withThem.extra,
        'p50 without ms': without.latencyMs.p50,
        'p99 without ms': without.latencyMs.p99,
        'p50 with / without': withThem.latencyMs.p50 / without.latencyMs.p50,
        'p99 with / without': withThem.latencyMs.p99 / without.latencyMs.p99,
      },
    };
  },
};
