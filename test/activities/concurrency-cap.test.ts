/**
 * The cap on attempts in flight for one endpoint: an endpoint that hangs neither takes the places of others nor keeps its own for
 * ever.
 */
import { createConcurrencyCap } from '../../activities/concurrency-cap.ts';

const LONG_MS = 20_000;
const place = async (promise: Promise<(() => void) | null>) => {
  const release = await promise;
  if (release === null) throw new Error('No place became free');
  return release;
};
/** Whether the promise is settled once everything that can happen at once has happened. */
const isSettled = async (promise: Promise<unknown>) => {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
};

test.each([1, 2, 10])('lets %i through at once, and no more', async (limit) => {
  const cap = createConcurrencyCap(limit);
  for (let count = 0; count < limit; count += 1) await place(cap.acquire('ep', 0));
  expect(await cap.acquire('ep', 0)).toBeNull();
});

test('counts each endpoint for itself', async () => {
  const cap = createConcurrencyCap(1);
  await place(cap.acquire('hanging', 0));
  await place(cap.acquire('quick', 0));
  expect(await cap.acquire('hanging', 0)).toBeNull();
});

test('a place that was given back is free again', async () => {
  const cap = createConcurrencyCap(1);
  for (let round = 0; round < 5; round += 1) {
    const release = await place(cap.acquire('ep', 0));
    release();
  }
  await place(cap.acquire('ep', 0));
  expect(await cap.acquire('ep', 0)).toBeNull();
});

test('a place that is given back goes to the attempt that has waited longest', async () => {
  const cap = createConcurrencyCap(1);
  const release = await place(cap.acquire('ep', 0));
  const first = cap.acquire('ep', LONG_MS);
  const second = cap.acquire('ep', LONG_MS);
  expect(await isSettled(first)).toBe(false);

  release();
  const releaseFirst = await place(first);
  expect(await isSettled(second)).toBe(false);

  releaseFirst();
  const releaseSecond = await place(second);
  releaseSecond();
  await place(cap.acquire('ep', 0));
});

test('a new attempt does not overtake one that waits', async () => {
  const cap = createConcurrencyCap(1);
  const release = await place(cap.acquire('ep', 0));
  const waiting = cap.acquire('ep', LONG_MS);
  release();
  expect(await cap.acquire('ep', 0)).toBeNull();
  const releaseWaiting = await place(waiting);
  releaseWaiting();
});

test('an attempt that has waited too long leaves the line, and the place goes to the next', async () => {
  const cap = createConcurrencyCap(1);
  const release = await place(cap.acquire('ep', 0));
  const impatient = cap.acquire('ep', 1);
  const patient = cap.acquire('ep', LONG_MS);
  expect(await impatient).toBeNull();
  release();
  const releasePatient = await place(patient);
  releasePatient();
});

test('many that come and go leave no place taken', async () => {
  const cap = createConcurrencyCap(3);
  let inFlight = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 200 }, async () => {
      const release = await place(cap.acquire('ep', LONG_MS));
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      release();
    }),
  );
  expect(most).toBe(3);
  for (let count = 0; count < 3; count += 1) await place(cap.acquire('ep', 0));
  expect(await cap.acquire('ep', 0)).toBeNull();
});

describe('an endpoint is crowded', () => {
  test('while as many wait as there are places, and tells when it is so no longer', async () => {
    const cap = createConcurrencyCap(2);
    const told = jest.fn();
    cap.onRoom(told);
    const places = await Promise.all([place(cap.acquire('ep', 0)), place(cap.acquire('ep', 0))]);
    const first = cap.acquire('ep', LONG_MS);
    expect([cap.isCrowded('ep'), cap.hasCrowds()]).toEqual([false, false]);
    const second = cap.acquire('ep', LONG_MS);
    expect([cap.isCrowded('ep'), cap.isCrowded('other'), cap.hasCrowds()]).toEqual([true, false, true]);
    expect(told).not.toHaveBeenCalled();
    for (const release of places) release();
    expect([cap.isCrowded('ep'), cap.hasCrowds()]).toEqual([false, false]);
    expect(told).toHaveBeenCalledTimes(1);
    for (const waiting of [first, second]) (await place(waiting))();
  });

  test('no longer when those that waited have given up', async () => {
    const cap = createConcurrencyCap(1);
    const told = jest.fn();
    cap.onRoom(told);
    const release = await place(cap.acquire('ep', 0));
    expect(await cap.acquire('ep', 1)).toBeNull();
    expect(cap.hasCrowds()).toBe(false);
    expect(told).toHaveBeenCalledTimes(1);
    release();
  });
});
