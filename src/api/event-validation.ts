/** From the raw text of an event to what is stored: known type, data that matches its schema, bytes untouched. */
import { createHash } from 'node:crypto';
import { fieldProblem, Problem } from '../domain/errors.ts';
import type { EmittedEvent } from '../domain/event.ts';
import type { JsonSchema, Profile } from '../domain/profile.ts';
import { checkBounded, checkData, isHarmlessFor, profileValidator, tenantValidator } from './json-schema.ts';

export type EventBody = { type: string; timestamp?: string | undefined; id?: string | undefined };

/** A type that the tenant has added, with the JSON text of its schema. */
export type OwnType = { name: string; schemaText: string };

/**
 * Checks the events of one request.
 * @throws Problem as `checkEvent` does; limit_reached when a tenant's own schema takes too long
 */
export function checkEvents(inputs: EventInput[]): EmittedEvent[] {
  const check = () => inputs.map(checkEvent);
  const length = inputs.reduce((sum, { dataText = '' }) => sum + dataText.length, 0);
  const isHarmless = ({ schemaText }: OwnType) => isHarmlessFor(schemaText, length);
  // The watch would cost more than most checks do.
  return inputs.every(({ ownTypes }) => ownTypes.every(isHarmless)) ? check() : checkBounded(length, check);
}

export type EventInput = {
  body: EventBody;
  /** where the event stands in the request: '' or `events.3.` */
  path: string;
  /** raw JSON text of `data`; undefined when it is missing */
  dataText: string | undefined;
  data: unknown;
  /** the raw text that a repeat must equal */
  hashed: string | Buffer;
  profile: Profile;
  ownTypes: OwnType[];
  maxBytes: number;
  nowMs: number;
};

/** @throws Problem unknown_event_type, schema_mismatch, payload_too_large, validation_failed */
export function checkEvent(input: EventInput): EmittedEvent {
  const { body, path, dataText, data, profile, ownTypes, maxBytes } = input;
  if (dataText === undefined) throw fieldProblem(`${path}data`, 'is required');
  const bytes = Buffer.byteLength(dataText);
  if (bytes > maxBytes) {
    throw new Problem(
      'payload_too_large',
      `${path}data has ${bytes} bytes; at most ${maxBytes} are allowed.`,
    );
  }
  const entry = profile.catalogue.find((each) => each.name === body.type);
  const ownType = entry === undefined ? ownTypes.find((each) => each.name === body.type) : undefined;
  if (entry === undefined && ownType === undefined && !profile.allowsUnknownTypes) {
    const known = [...profile.catalogue, ...ownTypes].map((each) => each.name).join(', ');
    throw fieldProblem(
      `${path}type`,
      `${body.type} is no event type of ${profile.title}; there are ${known}`,
      'unknown_event_type',
    );
  }
  const problem = profile.dataProblem?.(data) ?? null;
  if (problem !== null) throw fieldProblem(`${path}data`, problem, 'profile_rule');
  if (entry !== undefined) checkData(profileValidator(entry.schema), data, `${path}data`);
  if (ownType !== undefined) checkData(tenantValidator(ownType.schemaText), data, `${path}data`);
  return {
    type: body.type,
    timestampMs: body.timestamp === undefined ? input.nowMs : timestampOf(body.timestamp, path),
    data: dataText,
    id: body.id,
    requestHash: createHash('sha256').update(input.hashed).digest(),
  };
}

// An offset may lead out of the years that have four digits, and so out of the form that receivers expect.
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

function timestampOf(text: string, path: string): number {
  const timeMs = parseTimestampMs(text);
  if (timeMs >= EARLIEST_MS && timeMs <= LATEST_MS) return timeMs;
  throw fieldProblem(`${path}timestamp`, 'must lie in the years 0001 to 9999 in UTC');
}

/** Any offset; what is finer than a millisecond is cut, not rounded. */
export function parseTimestampMs(text: string): number {
  return Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
}

/** Why the example does not match the schema, or `null`. */
export function exampleProblem(schema: JsonSchema, example: unknown): string | null {
  try {
    const text = JSON.stringify(schema);
    checkBounded(text.length, () => checkData(tenantValidator(text), example, 'example'));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
