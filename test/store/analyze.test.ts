/** The planner statistics of a table are renewed when the table has grown. */
import { analyzeGrown } from '../../src/store/analyze.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

test('a plan that was kept from when a table was empty is made anew once it has grown', async () => {
  const client = await database.db.connect();
  try {
    await client.query('set plan_cache_mode = force_generic_plan');
    await client.query('prepare find as select 1 from events where tenant_id = $1 and id = $2 for key share');
    const plan = async () => {
      const { rows } = await client.query(`explain execute find ('ten', 'a000001')`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    await plan();
    expect(await analyzeGrown(database.db)).toEqual([]);

    const ids = Array.from({ length: 5_000 }, (_, n) => `a${String(n).padStart(6, '0')}`);
    await insertEndpoints(database.db, ['ep_1']);
    await insertDeliveries(database.db, 'ep_1', ids, { status: "'succeeded'" });
    expect(await plan()).not.toContain('events_pkey');

    expect((await analyzeGrown(database.db)).sort()).toEqual(['deliveries', 'events']);
    expect(await plan()).toMatch(/Index Scan using events_(pkey|by_id)/);
    expect(await analyzeGrown(database.db)).toEqual([]);
  } finally {
    client.release(true);
  }
});
