/** Lessonly's reporting webhook: one record per completed lesson to the tenant's one Callback URL. */
import type { JsonSchema, Profile } from '../domain/profile.ts';
import { envelope } from './envelope.ts';

const dateTime: JsonSchema = { type: 'string', format: 'date-time' };
const identifier: JsonSchema = { type: ['string', 'integer'] };

// The document names the fields, not their keys; the keys are ours (wire-contracts.md).
const lessonCompletion: JsonSchema = {
  type: 'object',
  properties: {
    user: {
      type: 'object',
      properties: {
        ext_uid: { type: 'string' },
        id: identifier,
        name: { type: 'string' },
        email: { type: 'string' },
        custom_user_fields: { type: 'object' },
      },
      required: ['id', 'name', 'email'],
    },
    lesson: {
      type: 'object',
      properties: { id: identifier, title: { type: 'string' } },
      required: ['id', 'title'],
    },
    retake_score: { type: 'integer', minimum: 0, maximum: 100 },
    score_percent: { type: 'number', minimum: 0, maximum: 100 },
    started_at: dateTime,
    completed_at: dateTime,
    assigned_at: dateTime,
    report_card_url: { type: 'string', minLength: 1 },
  },
  required: [
    'user',
    'lesson',
    'retake_score',
    'score_percent',
    'started_at',
    'completed_at',
    'report_card_url',
  ],
};

const example = {
  user: {
    ext_uid: 'E-1001',
    id: 42,
    name: 'Ada Park',
    email: 'ada@example.com',
    custom_user_fields: { region: 'EMEA' },
  },
  lesson: { id: 7, title: 'Handling objections' },
  retake_score: 90,
  score_percent: 87.5,
  started_at: '2024-05-01T09:00:00Z',
  completed_at: '2024-05-01T09:25:00Z',
  assigned_at: '2024-04-28T08:00:00Z',
  report_card_url: 'https://example.com/report_cards/99',
};

export const lessonly: Profile = {
  name: 'lessonly',
  title: 'Lessonly',
  source: 'Lessonly, "What is a Reporting Webhook?"',
  catalogue: [
    {
      name: 'lesson.completed',
      description: 'A user completed a lesson',
      schema: lessonCompletion,
      example: JSON.stringify(example),
    },
  ],
  allowsUnknownTypes: false,
  schedule: { delaysS: [300, 300, 300], jitter: 0 },
  timeoutMs: 15_000,
  signing: null,
  secret: 'never',
  authTypes: ['none', 'authorization'],
  defaultAuth: { type: 'none' },
  urlLabel: 'Callback URL',
  httpsOnly: false,
  maxEndpoints: 1,
  stallsWhenExhausted: true,
  render: ({ data }) => envelope('', data, ''),
  testEventType: 'lesson.completed',
};
