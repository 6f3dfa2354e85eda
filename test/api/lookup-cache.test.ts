/**
 * The look-up cache never answers with a value from before a change, and a load that takes long delays only those who need its
 * value.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createLookupCache } from '../../src/api/lookup-cache.ts';

type Thing = { name: string; version: number };

function slowly(
  versions: Map<string, number>,
  more: { max?: number; maxAbsent?: number; forMs?: number } = {},
) {
  let asked = 0;
  const gates: (() => void)[] = [];
  const memory = createLookupCache<Thing>({
    forMs: 60_000,
    max: 100,
    maxAbsent: 100,
    ...more,
    async find(name) {
      asked += 1;
      const version = versions.get(name);
      await new Promise<void>((resolve) => gates.push(resolve));
      return version === undefined ? null : { name, version };
    },
  });
  return {
    memory,
    asked: () => asked,
    /** lets all that is asked for be answered */
    async answer() {
      await sleep(0);
      for (const open of gates.splice(0)) open();
      await sleep(0);
    },
  };
}

test('callers that ask at the same time share one look-up', async () => {
  const { memory, asked, answer } = slowly(new Map([['a', 1]]));
  const all = [memory.get('a'), memory.get('a'), memory.get('a')];
  await answer();
  expect(await Promise.all(all)).toEqual(Array(3).fill({ name: 'a', version: 1 }));
  expect(await memory.get('a')).toEqual({ name: 'a', version: 1 });
  expect(asked()).toBe(1);
});

test('a caller that waits while its value is forgotten gets an answer, which is not remembered', async () => {
  const versions = new Map([['a', 1]]);
  const { memory, answer } = slowly(versions);
  const before = memory.get('a');
  await sleep(0);
  versions.set('a', 2);
  memory.forget();
  const after = memory.get('a');
  await answer();
  expect(await before).toEqual({ name: 'a', version: 1 });
  expect(await after).toEqual({ name: 'a', version: 2 });
  expect(await memory.get('a')).toEqual({ name: 'a', version: 2 });
});

test('an answer that something does not exist is forgotten after any change', async () => {
  const versions = new Map<string, number>();
  const { memory, answer } = slowly(versions);
  const before = memory.get('new');
  await answer();
  expect(await before).toBeNull();
  versions.set('new', 1);
  memory.forget(() => false);
  const after = memory.get('new');
  await answer();
  expect(await after).toEqual({ name: 'new', version: 1 });
});

test('a change forgets only the values that it concerns', async () => {
  const { memory, asked, answer } = slowly(
    new Map([
      ['a', 1],
      ['b', 1],
    ]),
  );
  const both = Promise.all([memory.get('a'), memory.get('b')]);
  await answer();
  await both;
  memory.forget(({ name }) => name === 'a');
  expect([memory.has('a'), memory.has('b')]).toEqual([false, true]);
  expect(asked()).toBe(2);
});

test('an error reaches all callers that wait, and the next caller asks again', async () => {
  let fails = true;
  const memory = createLookupCache<Thing>({
    forMs: 60_000,
    max: 10,
    maxAbsent: 10,
    async find(name) {
      if (fails) throw new Error('away');
      return { name, version: 1 };
    },
  });
  await expect(Promise.all([memory.get('a'), memory.get('a')])).rejects.toThrow('away');
  fails = false;
  expect(await memory.get('a')).toEqual({ name: 'a', version: 1 });
});

test('look-ups of any number of unknown names do not displace what exists', async () => {
  const { memory, asked, answer } = slowly(new Map([['real', 1]]), { max: 10, maxAbsent: 10 });
  const real = memory.get('real');
  await answer();
  await real;
  for (let n = 0; n < 50; n += 1) {
    const none = memory.get(`none-${n}`);
    await answer();
    expect(await none).toBeNull();
  }
  const before = asked();
  await memory.get('real');
  expect(asked()).toBe(before);
});

test('whatever happens in whatever order, a look-up that begins after a change never sees what was before it', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('ask' as const), name: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('change' as const), name: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('answer' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const versions = new Map<string, number>();
      // Room for less than there is: what is pushed out is no matter either.
      const { memory, answer } = slowly(versions, { max: 2, maxAbsent: 1 });
      const checks: Promise<void>[] = [];
      for (const each of steps) {
        if (each.do === 'answer') await answer();
        else if (each.do === 'ask') {
          const least = versions.get(each.name) ?? 0;
          checks.push(
            memory.get(each.name).then((value) => expect(value?.version ?? 0).toBeGreaterThanOrEqual(least)),
          );
          await sleep(0);
        } else {
          versions.set(each.name, (versions.get(each.name) ?? 0) + 1);
          memory.forget(({ name }) => name === each.name);
        }
      }
      await answer();
      await Promise.all(checks);
    }),
    { numRuns: 60 },
  );
});
