/** Metrics are read from the intervals alone, through indexes, in a bounded number of rows, however many attempts there were. */
import { INTERVALS, type Interval } from '../../src/domain/attempt-metrics.ts';
import { KEYS_QUERY, TOTALS_QUERY, tenantsQuery } from '../../src/store/attempt-metrics.ts';
import { PRUNE_QUERIES } from '../../src/store/metric-folding.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** As in test/api/bounds: what a request may cost. */
const MAX_ROWS = 30_000;
const TENANTS = 100;
const END = Date.parse('2026-11-27T00:00:00Z');

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // What a million attempts of a month leave: 200 intervals of each width in which every tenant was busy.
  await database.db.query(
    `insert into metric_totals select 'ten_' || t, s, $1::timestamptz - make_interval(secs => s * n), 50 + t, t, 40, 2, '{1,2,3}', '{1}'
     from generate_series(0, ${TENANTS}) t, unnest('{60,600,3600,86400}'::int[]) s, generate_series(1, 200) n`,
    [new Date(END)],
  );
  await database.db.query(
    `insert into metric_keys select 'ten_' || t, s, $1::timestamptz - make_interval(secs => s * n), 'type', 'a.' || k, 1, 0
     from generate_series(0, 20) t, unnest('{60,600,3600,86400}'::int[]) s, generate_series(1, 200) n, generate_series(1, 8) k`,
    [new Date(END)],
  );
  // The busiest of all has as many keys as intervals may have.
  await database.db.query(
    `insert into metric_keys select 'ten_busy', s, $1::timestamptz - make_interval(secs => s * n), 'type', 'a.' || k, 1, 0
     from unnest('{60,600,3600,86400}'::int[]) s, generate_series(1, 200) n, generate_series(1, 100) k`,
    [new Date(END)],
  );
  await database.db.query('analyze metric_totals, metric_keys');
}, 120_000);
afterAll(() => database?.drop());

type Node = {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Node[];
  'Rows Removed by Filter'?: number;
};

/** @returns the kinds of scans, and how many rows they read */
async function run(text: string, values: unknown[]) {
  const { rows } = await database.db.query(`explain (analyze, format json) ${text}`, values);
  const scans = new Set<string>();
  let read = 0;
  const walk = (node: Node): void => {
    if (node['Node Type'].includes('Scan') && node['Node Type'] !== 'Bitmap Index Scan') {
      scans.add(`${node['Node Type']} ${node['Relation Name'] ?? ''}`);
      read += (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
    }
    for (const child of node.Plans ?? []) walk(child);
  };
  const plan = rows[0]['QUERY PLAN'];
  walk((typeof plan === 'string' ? JSON.parse(plan) : plan)[0].Plan);
  return { scans: [...scans], read };
}

const rangeOfAll = (interval: Interval): [number, Date, Date] => {
  const { seconds } = INTERVALS[interval];
  return [seconds, new Date(END - 200 * seconds * 1000), new Date(END)];
};

describe.each(Object.keys(INTERVALS) as Interval[])('the longest range in intervals of %s', (interval) => {
  test('of a tenant comes from its key', async () => {
    const totals = await run(TOTALS_QUERY, ['ten_7', ...rangeOfAll(interval)]);
    expect(totals.scans).not.toContain('Seq Scan metric_totals');
    expect(totals.read).toBeLessThanOrEqual(400);
    const keys = await run(KEYS_QUERY, ['ten_busy', ...rangeOfAll(interval)]);
    expect(keys.scans).not.toContain('Seq Scan metric_keys');
    expect(keys.read).toBeGreaterThanOrEqual(20_000);
    expect(keys.read).toBeLessThanOrEqual(MAX_ROWS);
  });

  test.each(['attempts', 'failed'] as const)(
    'the tenants with the most (%s) come from an index',
    async (by) => {
      const { scans, read } = await run(tenantsQuery(by), rangeOfAll(interval));
      expect(scans).not.toContain('Seq Scan metric_totals');
      expect(read).toBeLessThanOrEqual(MAX_ROWS);
    },
  );
});

test('what is pruned is found by its time', async () => {
  for (const text of PRUNE_QUERIES) {
    const { rows } = await database.db.query(`explain ${text}`, [60, 2]);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('Seq Scan');
  }
});
