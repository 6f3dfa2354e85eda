/** Bodies of recover and replay: which deliveries and events of an endpoint are to be sent. */
import { z } from 'zod';
import { fieldProblem } from '../../domain/errors.ts';
import { EVENT_TYPE_FILTER_PATTERN } from '../../domain/event.ts';
import { dryRunField, paceField, sampleField } from '../operations.ts';

export const time = z.iso.datetime({
  offset: true,
});
const window = {
  since: time.describe('Only what was accepted or failed at this time or later.'),
  until: time.optional().describe('Only what was accepted or failed before this time. Absent: until now.'),
  per_second: paceField,
  dry_run: dryRunField,
  sample: sampleField,
};
const eventTypes = z
  .array(z.string().max(200).regex(EVENT_TYPE_FILTER_PATTERN, 'must be a type like a.b or a prefix like a.*'))
  .min(1)
  .max(100)
  .optional();

export const recoverBody = z
  .strictObject(window)
  .meta({ id: 'Recover', examples: [{ since: '2024-01-15T10:30:00Z' }] });

export const replayBody = z
  .strictObject({
    ...window,
    since: window.since
      .optional()
      .describe(
        'Only what was accepted or failed at this time or later. Required, unless `event_ids` is given.',
      ),
    event_ids: z
      .array(z.string().max(100))
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Only these events, whenever they were accepted. Then `since`, `until` and `event_types` are not allowed.',
      ),
    event_types: eventTypes.describe('Only these: exact names, or prefixes with `.*`.'),
    only_missing: z
      .boolean()
      .default(false)
      .describe('Only what the endpoint never got: what failed, was cancelled, or has no delivery.'),
  })
  .meta({
    id: 'Replay',
    examples: [{ since: '2024-01-15T10:30:00Z', only_missing: true }],
  });

/** A replay is of a time, or of events by their names. @throws Problem validation_failed */
export function refuseUnclear(body: z.infer<typeof replayBody>): void {
  if (body.event_ids === undefined) {
    if (body.since === undefined) throw fieldProblem('since', 'is required, unless event_ids is given');
    return;
  }
  for (const name of ['since', 'until', 'event_types'] as const)
    if (body[name] !== undefined)
      throw fieldProblem(name, 'is not allowed beside event_ids, which names the events');
}
