/**
 * The schema pool: a tenant's costly schema uses up the tenant's own budget of time, memory and places, and no other tenant's.
 */

import type { JsonSchema } from '../../src/domain/profile.ts';
import { createFairQueue, QueueFullError } from '../../src/json-schema/fair-queue.ts';
import type { SchemaPool } from '../../src/json-schema/schema-pool.ts';
import { createTenantBudget } from '../../src/json-schema/tenant-budget.ts';
import { startSchemaPool } from '../helpers/schema-pool.ts';

const tooExpensive = (reason: RegExp) =>
  expect.objectContaining({ by: 'cost', message: expect.stringMatching(reason) });
const tooMany = expect.objectContaining({ code: 'too_many_requests', retryAfterS: expect.any(Number) });
const check = (pool: SchemaPool, tenant: string, schema: JsonSchema, ...data: unknown[]) =>
  pool.check(
    tenant,
    JSON.stringify(schema),
    data.map((each) => JSON.stringify(each)),
  );
const fine: JsonSchema = { type: 'object' };
const doubling: JsonSchema = {
  $ref: '#/$defs/k0',
  $defs: {
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `k${at}`,
        { allOf: [{ $ref: `#/$defs/k${at + 1}` }, { $ref: `#/$defs/k${at + 1}` }] },
      ]),
    ),
    k60: true,
  },
};
/** Each item fails each branch, and each failure is an object in memory. */
const remembering: JsonSchema = {
  items: { anyOf: Array.from({ length: 2_000 }, (_, at) => ({ const: `no ${at}` })) },
};
/** 60 patterns of some 900 steps: small as text, and slow on each character. */
const counting: JsonSchema = {
  allOf: Array.from({ length: 60 }, (_, at) => ({ pattern: `a[ab]{${900 + at}}[cd]` })),
};

describe('a call', () => {
  test.each<[string, JsonSchema, unknown, RegExp]>([
    ['doubles at each step', doubling, 'x', /too long/],
    ['counts in patterns', counting, 'ab'.repeat(100_000), /too long/],
    [
      'compares what is unique in large items',
      { allOf: Array(3_000).fill({ uniqueItems: true }) },
      Array.from({ length: 20_000 }, (_, at) => at),
      /too long/,
    ],
    ['collects mistakes', remembering, Array(100_000).fill(1), /too (much memory|long)/],
  ])('that %s is ended, and the next one finds a thread', async (_what, schema, data, reason) => {
    const pool = startSchemaPool();
    await expect(check(pool, 'ten_1', schema, data)).rejects.toEqual(tooExpensive(reason));
    expect(await check(pool, 'ten_1', fine, {}, [])).toEqual([[], [{ path: '', message: 'must be object' }]]);
    await pool.close();
  });

  test('of a schema that cannot be compiled, or that is no JSON, says so', async () => {
    const pool = startSchemaPool();
    for (const text of [
      '{"type":"objekt"}',
      '{"$ref":"https://example.com/x"}',
      'not JSON',
      '{"pattern":"("}',
    ]) {
      await expect(pool.check('ten_1', text, ['1'])).rejects.toEqual(
        expect.objectContaining({ by: 'schema' }),
      );
    }
    await pool.close();
  });

  test('with more data than one piece of work takes keeps its order', async () => {
    const pool = startSchemaPool();
    const data = Array.from({ length: 20 }, (_, at) => (at % 3 === 0 ? at : { pad: 'x'.repeat(200_000) }));
    const found = await check(pool, 'ten_1', fine, ...data);
    expect(found.map(({ length }) => length)).toEqual(data.map((_, at) => (at % 3 === 0 ? 1 : 0)));
    await pool.close();
  });

  test('of an expensive schema keeps no other tenant waiting, however many come', async () => {
    const pool = startSchemaPool({ msPerS: 100_000 });
    const order: string[] = [];
    const hostile = Array.from({ length: 3 }, () =>
      check(pool, 'ten_1', doubling, 'x').catch(() => order.push('hostile')),
    );
    await check(pool, 'ten_2', fine, {});
    order.push('fine');
    await Promise.all(hostile);
    // It need not wait for one of them: that tenant does not get all threads.
    expect(order[0]).toBe('fine');
    expect(order).toHaveLength(4);
    await pool.close();
  });
});

test('a tenant that has used up its time is told when to come back, and others go on', async () => {
  const pool = startSchemaPool({ msPerS: 5 });
  // What a bucket holds at first is less than one of these takes.
  await expect(check(pool, 'ten_1', doubling, 'x')).rejects.toEqual(tooExpensive(/too long/));
  await expect(check(pool, 'ten_1', fine, {})).rejects.toEqual(tooMany);
  await expect(pool.register('ten_1', '{}', '1')).rejects.toEqual(tooMany);
  expect(await check(pool, 'ten_2', fine, {})).toEqual([[]]);
  await pool.close();
});

test('threads end with the pool, also in the midst of work', async () => {
  const pool = startSchemaPool();
  const working = check(pool, 'ten_1', doubling, 'x');
  const outcome = expect(working).rejects.toThrow();
  await check(pool, 'ten_2', fine, {});
  await pool.close();
  await outcome;
});

describe('a budget', () => {
  test('fills with time, up to its burst, and may be overdrawn once', () => {
    let ms = 0;
    const budget = createTenantBudget(100, 1_000, () => ms);
    expect(budget.waitS('a')).toBe(0);
    budget.spend('a', 1_450);
    expect(budget.waitS('a')).toBe(5);
    expect(budget.waitS('b')).toBe(0);
    ms += 4_000;
    expect(budget.waitS('a')).toBe(1);
    ms += 600;
    expect(budget.waitS('a')).toBe(0);
    ms += 3_600_000;
    budget.spend('a', 999);
    expect(budget.waitS('a')).toBe(0);
    budget.spend('a', 2);
    expect(budget.waitS('a')).toBe(1);
  });
});

describe('a queue', () => {
  const rules = { places: 2, placesPerKey: 1, maxWaiting: 3, maxSize: 100 };

  test('gives turns to those who wait, one each, and to nobody all places', async () => {
    const queue = createFairQueue(rules);
    const order: string[] = [];
    let running = 0;
    const work = (name: string) => async () => {
      running += 1;
      expect(running).toBeLessThanOrEqual(2);
      order.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    await Promise.all([
      ...['a1', 'a2', 'a3'].map((name) => queue.run('a', 1, work(name))),
      ...['b1', 'b2'].map((name) => queue.run('b', 1, work(name))),
      queue.run('c', 1, work('c1')),
    ]);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  test('takes no more of one than it may bring, and goes on after a failure', async () => {
    const queue = createFairQueue(rules);
    let finish = () => {};
    const first = queue.run(
      'a',
      90,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    const waiting = queue.run('a', 60, async () => Promise.reject(new Error('mine')));
    await expect(queue.run('a', 50, async () => {})).rejects.toThrow(QueueFullError);
    const more = [queue.run('a', 20, async () => 1), queue.run('a', 20, async () => 2)];
    await expect(queue.run('a', 0, async () => {})).rejects.toThrow(QueueFullError);
    expect(await queue.run('b', 100, async () => 'b')).toBe('b');
    finish();
    await first;
    await expect(waiting).rejects.toThrow('mine');
    expect(await Promise.all(more)).toEqual([1, 2]);
  });
});
