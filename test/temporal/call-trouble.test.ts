/** Every gRPC status is mapped to the trouble that it shows of Temporal, alone and wrapped as the SDK wraps it. */
import { type TemporalTrouble, troubleOf } from '../../src/temporal/call-trouble.ts';

const STATUSES: [number, string, TemporalTrouble | null][] = [
  [1, 'CANCELLED', 'away'],
  [2, 'UNKNOWN', 'busy'],
  [3, 'INVALID_ARGUMENT', null],
  [4, 'DEADLINE_EXCEEDED', 'away'],
  [5, 'NOT_FOUND', null],
  [6, 'ALREADY_EXISTS', null],
  [7, 'PERMISSION_DENIED', 'denied'],
  [8, 'RESOURCE_EXHAUSTED', 'busy'],
  [9, 'FAILED_PRECONDITION', 'busy'],
  [10, 'ABORTED', 'busy'],
  [11, 'OUT_OF_RANGE', 'busy'],
  [12, 'UNIMPLEMENTED', 'away'],
  [13, 'INTERNAL', 'busy'],
  [14, 'UNAVAILABLE', 'away'],
  [15, 'DATA_LOSS', 'busy'],
  [16, 'UNAUTHENTICATED', 'denied'],
];

const failure = (code: number) => Object.assign(new Error('failed'), { code, details: '', metadata: {} });

test.each(STATUSES)('%i %s', (code, _name, expected) => {
  expect(troubleOf(failure(code))).toBe(expected);
  expect(troubleOf(new Error('Failed to start Workflow', { cause: failure(code) }))).toBe(expected);
});

test('a status that nobody knows is trouble, and what is no status is none', () => {
  expect(troubleOf(failure(99))).toBe('busy');
  expect(troubleOf(new Error('tcp connect error'))).toBe('away');
  expect(troubleOf(new Error('another'))).toBe(null);
});
