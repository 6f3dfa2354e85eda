/** Renewal of what a page shows, while news come faster than the service answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query';
import { loadNextPage, renewQueries, renewQuery } from '../../web/src/context/renewal.ts';
import { eventually } from '../helpers/eventually.ts';

const ANSWER_MS = 60;
const EVERY_MS = 10;

/** A service that knows a number and answers slowly with what it was when it was asked. */
function slowService() {
  const service = { value: 0, asked: 0, atOnce: 0, most: 0 };
  return {
    service,
    async answer() {
      service.asked += 1;
      service.atOnce += 1;
      service.most = Math.max(service.most, service.atOnce);
      const { value } = service;
      await sleep(ANSWER_MS);
      service.atOnce -= 1;
      return value;
    },
  };
}

let queries: QueryClient;
const ends: (() => void)[] = [];
beforeEach(() => {
  queries = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } });
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  queries.clear();
});

function shown(queryKey: readonly unknown[], queryFn: () => Promise<number>, options: object = {}) {
  const observer = new QueryObserver<number, Error, number, number, readonly unknown[]>(queries, {
    queryKey,
    queryFn,
    ...options,
  });
  const values: (number | undefined)[] = [];
  ends.push(observer.subscribe(({ data }) => values.push(data)));
  return { observer, values };
}

const value = (queryKey: readonly unknown[]) => queries.getQueryData<number>(queryKey);

test('news that come faster than the answers: answers are shown all the while, one request at a time, and the last change is not missed', async () => {
  const { service, answer } = slowService();
  const { values } = shown(['slow'], answer);
  await eventually(
    () => value(['slow']),
    (now) => now === 0,
  );
  let wasRenewed = false;
  while (!wasRenewed) {
    service.value += 1;
    renewQueries(queries, { queryKey: ['slow'] });
    await sleep(EVERY_MS);
    // Three times, while the news have never paused.
    wasRenewed = new Set(values).size > 4;
    if (service.value > 1_000)
      throw new Error(`1,000 changes, and the page has shown ${new Set(values).size}`);
  }
  service.value += 1;
  const last = service.value;
  renewQueries(queries, { queryKey: ['slow'] });
  await eventually(
    () => value(['slow']),
    (now) => now === last,
  );
  expect(service.most).toBe(1);
  // What has come to rest is left alone.
  await eventually(
    () => queries.isFetching(),
    (count) => count === 0,
  );
  const { asked } = service;
  await sleep(2 * ANSWER_MS);
  expect(service.asked).toBe(asked);
});

test('a change while the first answer is under way is not missed', async () => {
  const { service, answer } = slowService();
  shown(['first'], answer);
  service.value = 1;
  for (let i = 0; i < 5; i += 1) renewQueries(queries);
  await eventually(
    () => value(['first']),
    (now) => now === 1,
  );
  expect(service).toMatchObject({ asked: 2, most: 1 });
});

test('an answer that fails leads to one more request, and no more', async () => {
  let asked = 0;
  const { observer } = shown(['failing'], async () => {
    asked += 1;
    await sleep(ANSWER_MS);
    throw new Error('no');
  });
  for (let i = 0; i < 5; i += 1) renewQueries(queries);
  await eventually(
    () => [asked, observer.getCurrentResult().fetchStatus],
    ([count, status]) => count === 2 && status === 'idle',
  );
  await sleep(2 * ANSWER_MS);
  expect(asked).toBe(2);
});

test('what nobody shows, or what is switched off, is marked as old and not loaded', async () => {
  const { service, answer } = slowService();
  queries.setQueryData(['hidden'], 7);
  queries.setQueryData(['off'], 8);
  shown(['off'], answer, { enabled: false });
  renewQueries(queries);
  expect(service.asked).toBe(0);
  expect(queries.getQueryState(['hidden'])?.isInvalidated).toBe(true);
  const [off] = queries.getQueryCache().findAll({ queryKey: ['off'] });
  // A list that is kept new in another way is loaded because its page says so.
  if (off) renewQuery(off, () => true);
  expect(service.asked).toBe(1);
});

test('what is hidden while its answer is under way counts as old when it is shown again', async () => {
  const { service, answer } = slowService();
  const { observer } = shown(['left'], answer);
  renewQueries(queries);
  ends.pop()?.();
  await eventually(
    () => queries.getQueryState(['left'])?.fetchStatus,
    (status) => status === 'idle',
  );
  await eventually(
    () => queries.getQueryState(['left'])?.isInvalidated,
    (isOld) => isOld === true,
  );
  expect(service.asked).toBe(1);
  observer.destroy();
});

test('the next page comes while news never pause, and the renewal that it ended is made up for', async () => {
  const { service, answer } = slowService();
  const observer = new InfiniteQueryObserver<number>(queries, {
    queryKey: ['pages'],
    queryFn: answer,
    initialPageParam: 0,
    getNextPageParam: (_, pages) => pages.length,
  });
  ends.push(observer.subscribe(() => {}));
  const pages = () => queries.getQueryData<{ pages: number[] }>(['pages'])?.pages ?? [];
  await eventually(pages, ({ length }) => length === 1);
  const news = setInterval(() => {
    service.value += 1;
    renewQueries(queries, { queryKey: ['pages'] });
  }, EVERY_MS);
  ends.push(() => clearInterval(news));
  for (let wanted = 2; wanted <= 4; wanted += 1) {
    await eventually(
      () => {
        void loadNextPage(queries, ['pages'], () => observer.fetchNextPage());
        return pages();
      },
      ({ length }) => length >= wanted,
    );
  }
  clearInterval(news);
  await eventually(pages, (all) => all.every((each) => each === service.value));
});
