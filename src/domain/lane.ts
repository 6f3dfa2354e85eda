/**
 * The lanes in which deliveries go to Temporal, separate so that none waits for another.
 * quick     the first attempts may run inside the workflow's first task
 * unproven  never attempted, with a timeout too long for that task: several deliveries share an activity
 * failing   its last attempt failed quickly: several deliveries share an activity, and the starts leave time to other lanes
 * suspect   slow lately: its deliveries have an activity to themselves, so that no other waits for them
 */
export const LANES = ['quick', 'unproven', 'failing', 'suspect'] as const;
export type Lane = (typeof LANES)[number];
