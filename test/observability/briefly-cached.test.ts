/** The brief cache: concurrent callers share one look-up, and its result is used for a moment. */
import { brieflyCached } from '../../src/observability/briefly-cached.ts';

test('those who ask at the same time share one answer, however long it takes, and those after them have it too', async () => {
  let asked = 0;
  let answer = (_value: number) => {};
  const ask = brieflyCached(60_000, () => {
    asked += 1;
    return new Promise<number>((resolve) => {
      answer = resolve;
    });
  });
  const all = [ask(), ask(), ask()];
  await Promise.resolve();
  answer(1);
  expect(await Promise.all(all)).toEqual([1, 1, 1]);
  expect(await ask()).toBe(1);
  expect(asked).toBe(1);
});

test('an answer that is old, an error, and what is not worth it are not kept', async () => {
  const answers = [1, 2, new Error('away'), 3];
  const next = async () => {
    const value = answers.shift();
    if (value instanceof Error) throw value;
    return value;
  };
  const ask = brieflyCached(0, next);
  expect([await ask(), await ask()]).toEqual([1, 2]);
  await expect(ask()).rejects.toThrow('away');
  expect(await ask()).toBe(3);
  const picky = brieflyCached(
    60_000,
    async () => (asked += 1),
    (value) => value !== 1,
  );
  let asked = 0;
  expect([await picky(), await picky(), await picky()]).toEqual([1, 2, 2]);
});
