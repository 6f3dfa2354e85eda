/**
 * The clock that ids are made by: the database's, as near as this process knows it. Ids are compared with times that the
 * database wrote, and a machine's own clock may be off by an hour.
 */

// One process has one clock, and ids are made everywhere.
let offsetMs = 0;

/** How far the database's clock is ahead of this process's, in ms. */
export const clockOffsetMs = (): number => offsetMs;

/**
 * Takes in what the database's clock said.
 * @param reading.askedMs,answeredMs by this process's clock; the database read its own somewhere between
 * @returns the offset. What it was before stays where the reading does not contradict it, so that times seldom jump
 */
export function alignClock(reading: { askedMs: number; databaseMs: number; answeredMs: number }): number {
  const least = reading.databaseMs - reading.answeredMs;
  const most = reading.databaseMs - reading.askedMs;
  // A clock that was put back between the two says nothing.
  if (least <= most) offsetMs = Math.min(most, Math.max(least, offsetMs));
  return offsetMs;
}
