/** Reading Steps: signed events about students, classes and assessments. */
import { formatTimestamp } from '../domain/event.ts';
import type { Profile } from '../domain/profile.ts';
import { readingStepsSignature } from '../signing/hmac-header.ts';
import { AUTH_TYPES } from '../signing/index.ts';
import { envelope } from './envelope.ts';
import { entryFromSamples, looseEntry } from './schema-from-samples.ts';

const student = { student_id: 'stu_xyz789', student_name: 'Emma Smith' };
const schoolClass = { class_id: 'cls_abc456', class_name: '3 Oak' };

export const readingSteps: Profile = {
  name: 'reading-steps',
  title: 'Reading Steps',
  source: 'Reading Steps, "Webhooks"',
  catalogue: [
    entryFromSamples('student.reading_completed', 'Student finished a reading session', {
      ...student,
      book_id: 'book_123',
      book_title: 'The Adventure Begins',
      reading_level: '3A',
      duration_seconds: 420,
      comprehension_score: 85,
    }),
    entryFromSamples('student.level_changed', "Student's reading level changed", {
      ...student,
      previous_level: '2B',
      new_level: '3A',
      reason: 'assessment_completed',
    }),
    entryFromSamples('assessment.completed', 'Student completed an assessment', {
      ...student,
      assessment_type: 'placement',
      score: 78,
      recommended_level: '3A',
    }),
    looseEntry('student.created', 'New student added', student, 'student_id'),
    looseEntry('student.updated', 'Student details changed', student, 'student_id'),
    looseEntry('student.archived', 'Student archived', student, 'student_id'),
    looseEntry('class.created', 'New class created', schoolClass, 'class_id'),
    looseEntry('class.updated', 'Class details changed', schoolClass, 'class_id'),
    looseEntry('class.archived', 'Class archived', schoolClass, 'class_id'),
    looseEntry(
      'assessment.level_assigned',
      'Reading level assigned from assessment',
      { ...student, level: '3A' },
      'student_id',
    ),
    entryFromSamples('test', 'What the Test button sends', { message: 'This is a test webhook' }),
  ],
  allowsUnknownTypes: false,
  schedule: { delaysS: [60, 5 * 60, 30 * 60, 2 * 3600], jitter: 0 },
  timeoutMs: 5_000,
  signing: readingStepsSignature,
  secret: 'always',
  authTypes: AUTH_TYPES,
  defaultAuth: { type: 'none' },
  httpsOnly: false,
  maxEndpoints: null,
  stallsWhenExhausted: false,
  render: ({ type, timestampMs, tenantWireId, data }) =>
    envelope(
      `{"event":${JSON.stringify(type)},"timestamp":"${formatTimestamp(timestampMs, 'seconds')}",` +
        `"organization_id":${JSON.stringify(tenantWireId)},"data":`,
      data,
      '}',
    ),
  testEventType: 'test',
};
