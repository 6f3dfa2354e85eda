/** Two rules that all profiles share: subscription to event types, and the spelling of an event's time. */
import {
  EVENT_ID_PATTERN,
  EVENT_TYPE_FILTER_PATTERN,
  EVENT_TYPE_PATTERN,
  formatTimestamp,
  isSubscribed,
} from '../../src/domain/event.ts';

describe('a subscription', () => {
  test.each([
    { filters: null, type: 'student.created', wants: true },
    { filters: [], type: 'student.created', wants: false },
    { filters: ['student.created'], type: 'student.created', wants: true },
    { filters: ['student.created'], type: 'student.updated', wants: false },
    { filters: ['student.*'], type: 'student.created', wants: true },
    { filters: ['student.*'], type: 'student.level.changed', wants: true },
    { filters: ['student.*'], type: 'student', wants: false },
    { filters: ['student.*'], type: 'students.created', wants: false },
    { filters: ['student.level.*'], type: 'student.created', wants: false },
    { filters: ['student'], type: 'student.created', wants: false },
    { filters: ['class.created', 'student.*'], type: 'student.created', wants: true },
    { filters: ['Student.*'], type: 'student.created', wants: false },
    { filters: ['USER_REGISTERED'], type: 'USER_REGISTERED', wants: true },
  ])('to $filters gets $type: $wants', ({ filters, type, wants }) => {
    expect(isSubscribed(filters, type)).toBe(wants);
  });
});

describe('a timestamp', () => {
  test.each([
    { timeMs: Date.parse('2024-01-15T10:30:00Z'), ms: '2024-01-15T10:30:00.000Z', s: '2024-01-15T10:30:00Z' },
    {
      timeMs: Date.parse('2024-01-15T10:30:00.999Z'),
      ms: '2024-01-15T10:30:00.999Z',
      s: '2024-01-15T10:30:00Z',
    },
    {
      timeMs: Date.parse('2023-12-31T23:59:59.999Z'),
      ms: '2023-12-31T23:59:59.999Z',
      s: '2023-12-31T23:59:59Z',
    },
    {
      timeMs: Date.parse('2024-02-29T00:00:00+01:00'),
      ms: '2024-02-28T23:00:00.000Z',
      s: '2024-02-28T23:00:00Z',
    },
    { timeMs: 0, ms: '1970-01-01T00:00:00.000Z', s: '1970-01-01T00:00:00Z' },
  ])('$ms is cut, not rounded, to $s', ({ timeMs, ms, s }) => {
    expect(formatTimestamp(timeMs, 'milliseconds')).toBe(ms);
    expect(formatTimestamp(timeMs, 'seconds')).toBe(s);
  });
});

describe('names', () => {
  test.each(['a', 'a.b', 'student.reading_completed', 'USER_REGISTERED', 'A1.b2.C_3'])(
    '%s is an event type',
    (name) => {
      expect(name).toMatch(EVENT_TYPE_PATTERN);
      expect(name).toMatch(EVENT_TYPE_FILTER_PATTERN);
    },
  );

  test.each(['', '.', 'a.', '.a', 'a..b', 'a-b', 'a b', 'a.*', '*', 'ä', 'a\n'])(
    '%j is no event type',
    (name) => {
      expect(name).not.toMatch(EVENT_TYPE_PATTERN);
    },
  );

  test.each(['a.*', 'student.level.*'])('%s is a filter', (filter) => {
    expect(filter).toMatch(EVENT_TYPE_FILTER_PATTERN);
  });

  test.each(['*', '.*', 'a*', 'a.*.b', 'a.**', '*.created'])('%s is no filter', (filter) => {
    expect(filter).not.toMatch(EVENT_TYPE_FILTER_PATTERN);
  });

  test.each(['a', 'A_b-9', 'x'.repeat(64)])('%s can be the id of an event', (id) => {
    expect(id).toMatch(EVENT_ID_PATTERN);
  });

  test.each(['', 'x'.repeat(65), 'a.b', 'a b', 'ä', 'a\n'])('%j cannot be the id of an event', (id) => {
    expect(id).not.toMatch(EVENT_ID_PATTERN);
  });
});
