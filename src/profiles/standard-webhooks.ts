/** The default profile: Standard Webhooks 1.0, any well-formed event type. */
import { formatTimestamp } from '../domain/event.ts';
import type { Profile } from '../domain/profile.ts';
import type { RetrySchedule } from '../domain/schedule.ts';
import { AUTH_TYPES } from '../signing/index.ts';
import { standardWebhooksSigning as signing } from '../signing/standard-webhooks.ts';
import { envelope } from './envelope.ts';

const MINUTE = 60;
const HOUR = 3600;

export const DEFAULT_SCHEDULE: RetrySchedule = {
  delaysS: [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  jitter: 0.1,
};

export const standardWebhooksProfile: Profile = {
  name: 'standard-webhooks',
  title: 'Standard Webhooks 1.0',
  source: 'https://www.standardwebhooks.com',
  catalogue: [
    {
      name: 'webhook.test',
      description: 'What the test button sends',
      schema: { type: 'object' },
      example: JSON.stringify({ message: 'This is a test webhook from Tidings' }),
    },
  ],
  allowsUnknownTypes: true,
  schedule: DEFAULT_SCHEDULE,
  timeoutMs: 15_000,
  signing,
  secret: 'always',
  authTypes: AUTH_TYPES,
  defaultAuth: { type: 'none' },
  httpsOnly: false,
  maxEndpoints: null,
  stallsWhenExhausted: false,
  render: ({ type, timestampMs, data }) =>
    envelope(
      `{"type":${JSON.stringify(type)},"timestamp":"${formatTimestamp(timestampMs, 'milliseconds')}","data":`,
      data,
      '}',
    ),
  testEventType: 'webhook.test',
};
