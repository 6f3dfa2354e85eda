/** Keeps the clock that makes ids in line with the database's clock. */
import { alignClock } from '../domain/clock.ts';
import type { Db, Queryable } from './pool.ts';

/** The database's time, rounded up to a ms: what has been committed is earlier. */
export async function databaseTime(db: Queryable): Promise<Date> {
  const { rows } = await db.query<{ ms: number }>(
    'select ceil(extract(epoch from clock_timestamp()) * 1000)::double precision as ms',
  );
  return new Date(rows[0]?.ms ?? 0);
}

/** @returns how far the database's clock is ahead of this process's, in ms */
export async function followDatabaseClock(db: Db): Promise<number> {
  // The connection is opened first: opening it within the measured time would make the reading less exact.
  const client = await db.connect();
  try {
    const askedMs = Date.now();
    const { rows } = await client.query<{ ms: number }>(
      'select extract(epoch from clock_timestamp())::double precision * 1000 as ms',
    );
    const answeredMs = Date.now();
    return alignClock({ askedMs, databaseMs: Math.round(rows[0]?.ms ?? askedMs), answeredMs });
  } finally {
    client.release();
  }
}
