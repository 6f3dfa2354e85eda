/** Keeps the clock that ids are made by in line with the database's. */
import { alignClock } from '../domain/clock.ts';
import type { Db } from './pool.ts';

/** @returns how far the database's clock is ahead of this process's, in ms */
export async function followDatabaseClock(db: Db): Promise<number> {
  // A connection is there before the clock is read: making one would only blur the reading.
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
