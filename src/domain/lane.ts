/**
 * The lanes in which deliveries go to Temporal, separate so that none waits for another.
 * quick     its last attempts were quick, or none is known and its timeout is short: the first attempts may run inside the workflow's first task
 * unproven  not attempted in this process's memory, and with a timeout too long for that task: several deliveries share an activity
 * failing   its last attempt failed quickly: several deliveries share an activity, and the starts leave time to other lanes
 * suspect   slow lately, rate-limited, or a test: an endpoint's deliveries have an activity to themselves, so that no other waits for them
 */
export const LANES = ['quick', 'unproven', 'failing', 'suspect'] as const;
export type Lane = (typeof LANES)[number];
