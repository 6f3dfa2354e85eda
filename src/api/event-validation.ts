/** Validation of emitted events: each has a known type and data that matches its schema; its bytes stay untouched. */
import { createHash } from 'node:crypto';
import { type FieldError, fieldProblem, Problem, someOf } from '../domain/errors.ts';
import type { EmittedEvent } from '../domain/event.ts';
import type { Profile } from '../domain/profile.ts';
import { type SchemaPool, SchemaRefusal } from '../json-schema/schema-pool.ts';
import { mismatches, profileValidator } from '../json-schema/validator.ts';
import { takeTurns } from './body/event-loop-turns.ts';

export type EventBody = { type: string; timestamp?: string | undefined; id?: string | undefined };

/** A type that the tenant has added, with the JSON text of its schema. No event of an archived one is accepted. */
export type OwnType = { name: string; schemaText: string; isArchived?: boolean };

/**
 * Checks the events of one request of a tenant.
 * @throws Problem as `checkEvent` does; limit_reached when a check against a tenant's own schema takes too much time or memory;
 *   too_many_requests when the tenant has used up its time for such checks, or too many wait
 */
export async function checkEvents(
  inputs: EventInput[],
  tenantId: string,
  schemas: Pick<SchemaPool, 'check'>,
): Promise<EmittedEvent[]> {
  const events: EmittedEvent[] = [];
  const betweenTurns = takeTurns();
  for (const input of inputs) {
    if (events.length > 0) await betweenTurns();
    events.push(checkEvent(input));
  }
  const ofOwnTypes = inputs.filter((input) => ownTypeOf(input) !== undefined);
  if (ofOwnTypes.length > 0) await checkAgainstOwn(ofOwnTypes, tenantId, schemas);
  return events;
}

export type EventInput = {
  body: EventBody;
  /** where the event stands in the request: '' or `events.3.` */
  path: string;
  /** raw JSON text of `data`; undefined when it is missing */
  dataText: string | undefined;
  /** the raw text that a repeated request must equal */
  hashed: string | Buffer;
  profile: Profile;
  ownTypes: OwnType[];
  maxBytes: number;
  nowMs: number;
};

/**
 * Checks one event, except against a schema of the tenant's own.
 * @throws Problem unknown_event_type, schema_mismatch, payload_too_large, validation_failed
 */
export function checkEvent(input: EventInput): EmittedEvent {
  const { body, path, dataText, profile, ownTypes, maxBytes } = input;
  if (dataText === undefined) throw fieldProblem(`${path}data`, 'is required');
  const bytes = Buffer.byteLength(dataText);
  if (bytes > maxBytes) {
    throw new Problem(
      'payload_too_large',
      `${path}data has ${bytes} bytes; at most ${maxBytes} are allowed.`,
    );
  }
  if (ownTypeOf(input)?.isArchived) throw archivedType(`${path}type`, body.type);
  const entry = profile.catalogue.find((each) => each.name === body.type);
  if (entry === undefined && ownTypeOf(input) === undefined && !profile.allowsUnknownTypes) {
    const known = someOf([...profile.catalogue, ...ownTypes].map((each) => each.name));
    throw fieldProblem(
      `${path}type`,
      `${body.type} is not an event type of ${profile.title}; its event types: ${known}`,
      'unknown_event_type',
    );
  }
  // The data is parsed only where the profile has a rule for it.
  if (entry !== undefined || profile.dataProblem !== undefined) {
    const data = JSON.parse(dataText);
    const problem = profile.dataProblem?.(data) ?? null;
    if (problem !== null) throw fieldProblem(`${path}data`, problem, 'profile_rule');
    if (entry !== undefined)
      refuse(mismatches(profileValidator(entry.schema, dataText.length), data), `${path}data`);
  }
  return {
    type: body.type,
    timestampMs: body.timestamp === undefined ? input.nowMs : timestampOf(body.timestamp, path),
    data: dataText,
    id: body.id,
    requestHash: createHash('sha256').update(input.hashed).digest(),
  };
}

function ownTypeOf({ body, profile, ownTypes }: EventInput): OwnType | undefined {
  if (profile.catalogue.some((each) => each.name === body.type)) return undefined;
  return ownTypes.find((each) => each.name === body.type);
}

const archivedType = (path: string, type: string): Problem =>
  fieldProblem(
    path,
    `${type} is archived: no event of it is accepted. Add the event type again to use it`,
    'unknown_event_type',
  );

async function checkAgainstOwn(
  inputs: EventInput[],
  tenantId: string,
  schemas: Pick<SchemaPool, 'check'>,
): Promise<void> {
  const bySchema = new Map<string, EventInput[]>();
  for (const input of inputs) {
    const { schemaText = '' } = ownTypeOf(input) ?? {};
    const same = bySchema.get(schemaText) ?? [];
    bySchema.set(schemaText, same);
    same.push(input);
  }
  const checks = [...bySchema].map(async ([schemaText, same]) => {
    const found = await checkOwn(schemaText, same, tenantId, schemas);
    return found.map((fieldErrors, at) => ({ fieldErrors, path: `${same[at]?.path}data` }));
  });
  for (const { fieldErrors, path } of (await Promise.all(checks)).flat()) refuse(fieldErrors, path);
}

async function checkOwn(
  schemaText: string,
  inputs: EventInput[],
  tenantId: string,
  schemas: Pick<SchemaPool, 'check'>,
): Promise<FieldError[][]> {
  try {
    return await schemas.check(
      tenantId,
      schemaText,
      inputs.map(({ dataText = '' }) => dataText),
    );
  } catch (error) {
    if (!(error instanceof SchemaRefusal)) throw error;
    const [{ body, path } = { body: { type: '' }, path: '' }] = inputs;
    if (error.by === 'schema') {
      throw fieldProblem(`${path}type`, `The schema of ${body.type} ${error.message}`, 'schema_mismatch');
    }
    throw fieldProblem(
      `${path}data`,
      `Checking the data against the schema of ${body.type} ${error.message}. Nothing was accepted. Simplify the schema, or ` +
        'send less data: nested repetitions, alternatives and references multiply the work.',
      'limit_reached',
    );
  }
}

/** @throws Problem schema_mismatch with the path of each field */
function refuse(found: FieldError[], path: string): void {
  if (found.length === 0) return;
  const fieldErrors = found.map((each) => ({
    path: [path, each.path].filter(Boolean).join('.'),
    message: each.message,
  }));
  throw new Problem('schema_mismatch', inWords(fieldErrors), { fieldErrors });
}

/** `data.a is required; data.b must be string` */
export function inWords(fieldErrors: readonly FieldError[]): string {
  return fieldErrors.map(({ path, message }) => `${path} ${message}`).join('; ');
}

// An offset may lead to a year before 0001 or after 9999, which receivers cannot parse.
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

function timestampOf(text: string, path: string): number {
  const timeMs = parseTimestampMs(text);
  if (timeMs >= EARLIEST_MS && timeMs <= LATEST_MS) return timeMs;
  throw fieldProblem(`${path}timestamp`, 'must lie in the years 0001 to 9999 in UTC');
}

/** Reads an ISO 8601 time with any offset. Digits beyond milliseconds are cut, not rounded. */
export function parseTimestampMs(text: string): number {
  return Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
}
