/**
 * The ways by which deliveries go to Temporal, apart so that none waits for another.
 *
 * quick     its first attempts may run inside the workflow's first task
 * unproven  never seen, and with a timeout too long to find out there: several share an activity
 * failing   lately failed, though at once: several share an activity, and leave time to the others
 * suspect   lately slow: it has an activity to itself, so that nobody waits for it
 */
export const LANES = ['quick', 'unproven', 'failing', 'suspect'] as const;
export type Lane = (typeof LANES)[number];
