/** A busy customer's endpoint is gone: does another customer's webhook still come at once? */
import { measure, warmUp } from '../measure.ts';
import { distinctPorts } from '../ports.ts';
import type { Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

const DEAD_RATE = 800;
const HEALTHY_RATE = 50;

export const deadEndpoint: Scenario = {
  name: 'dead-endpoint',
  title:
    '800 events a second to an endpoint that refuses connections, 50 to another tenant’s: its latency; costs are for each event',
  roles: ['serve'],
  async run(bench) {
    const [nobodysPort] = await distinctPorts(1);
    const healthy = [await tenant(bench, { endpoints: 1 })];
    const dead = [await tenant(bench, { endpoints: 1, url: `http://127.0.0.1:${nobodysPort}/` })];
    await warmUp(bench, [warmUpStream(bench, healthy)]);
    const seconds = bench.duration(bench.deadSeconds);
    const events = { dead: DEAD_RATE * seconds, healthy: HEALTHY_RATE * seconds };
    return measure(bench, {
      streams: [
        { name: 'healthy', targets: healthy, events: events.healthy, rate: HEALTHY_RATE },
        { name: 'dead', targets: dead, events: events.dead, rate: DEAD_RATE },
      ],
      expected: events.healthy,
      units: events.healthy + events.dead,
      settles: false,
    });
  },
};
