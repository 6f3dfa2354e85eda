/**
 * The clock for new ids: the database's, as exactly as this process knows it. Ids are compared with times that the database wrote, and a
 * machine's own clock may be off by an hour.
 */

// Module state, because a process has one clock and makes ids everywhere.
let offsetMs = 0;

/** How far the database's clock is ahead of this process's, in ms. */
export const clockOffsetMs = (): number => offsetMs;

/**
 * Aligns the clock with a reading of the database's.
 * @param reading.askedMs,answeredMs by this process's clock; the database read its own in between
 * @returns the offset in ms. The offset from before stays unless the reading contradicts it, so that times seldom jump
 */
export function alignClock(reading: { askedMs: number; databaseMs: number; answeredMs: number }): number {
  const least = reading.databaseMs - reading.answeredMs;
  const most = reading.databaseMs - reading.askedMs;
  // A reading is void when this process's clock was put back in between.
  if (least <= most) offsetMs = Math.min(most, Math.max(least, offsetMs));
  return offsetMs;
}
