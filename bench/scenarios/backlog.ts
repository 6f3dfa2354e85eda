/** A hundred thousand deliveries wait for their retry: what does waiting cost, and what do others notice of it? */
import { idleCores, measure, recorded, warmUp } from '../measure.ts';
import { pause } from '../pause.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { tenant, warmUpStream } from '../setting.ts';

const ENDPOINTS = 20;
const HOUR_S = 3600;
const RATE = 50;

export const backlog: Scenario = {
  name: 'backlog',
  title:
    '100,000 deliveries to 20 endpoints wait for a retry; then 50 events a second to another tenant’s endpoint',
  roles: ['serve'],
  async run(bench) {
    const { stack, load } = bench;
    const healthy = [await tenant(bench, { endpoints: 1 })];
    await warmUp(bench, [warmUpStream(bench, healthy)]);
    const waiting = bench.size(100_000);
    const began = Date.now();
    await fill(bench, waiting);
    const fillSeconds = (Date.now() - began) / 1000;
    await pause(10_000);
    const idle = await idleCores(stack, bench.duration(30));
    const events = RATE * bench.duration(20);
    const row = await measure(
      { stack, load },
      {
        streams: [{ name: 'steady', targets: healthy, events, rate: RATE }],
        expected: events,
      },
    );
    const { rows } = await stack.db.query<{ waiting: number }>(
      "select count(*)::int as waiting from deliveries where status = 'retrying'",
    );
    return {
      ...row,
      extra: {
        ...row.extra,
        waiting: rows[0]?.waiting ?? 0,
        'first attempts/s while filling': waiting / fillSeconds,
        ...Object.fromEntries(Object.entries(idle).map(([part, cores]) => [`idle cores, ${part}`, cores])),
      },
    };
  },
};

async function fill(bench: Bench, waiting: number): Promise<void> {
  const { stack, load } = bench;
  const failing = await tenant(bench, {
    group: 'failing',
    endpoints: ENDPOINTS,
    settings: { retry_schedule: [HOUR_S] },
  });
  const events = waiting / ENDPOINTS;
  await load.open(events, { failing: 'fail' });
  await load.emit(stack, [{ name: 'fill', targets: [failing], events, emitters: 4, batch: 500 }]);
  await recorded(stack.db);
}
