/** The cache of credentials: who waits for one gets it, whatever happens to the cache and to those who wait with them. */
import { createCredentialCache } from '../../activities/credential-cache.ts';

const MORE_THAN_IT_HOLDS = 10_010;

function later(): { made: Promise<{ value: string; forMs: number }>; end(value: string): void } {
  let end: (value: string) => void = () => {};
  const made = new Promise<{ value: string; forMs: number }>((resolve) => {
    end = (value) => resolve({ value, forMs: 60_000 });
  });
  return { made, end };
}

test('one that is pushed out while it is obtained reaches everybody who waits for it', async () => {
  const cache = createCredentialCache();
  const slow = later();
  const waiting = [cache.get('slow', () => slow.made), cache.get('slow', () => slow.made)];
  for (let n = 0; n < MORE_THAN_IT_HOLDS; n += 1)
    await cache.get(`other ${n}`, async () => ({ value: 'x', forMs: 60_000 }));
  slow.end('a token');
  expect(await Promise.all(waiting)).toEqual(['a token', 'a token']);
});

test('one that is refused while the next is obtained does not take that away', async () => {
  const cache = createCredentialCache();
  await cache.get('endpoint', async () => ({ value: 'old', forMs: 60_000 }));
  cache.drop('endpoint', 'old');
  const next = later();
  const waiting = cache.get('endpoint', () => next.made);
  cache.drop('endpoint', 'old');
  next.end('new');
  expect(await waiting).toBe('new');
  expect(await cache.get('endpoint', () => later().made)).toBe('new');
});
