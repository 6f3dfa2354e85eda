/** The SCORM API: events about packages and sessions; each body carries its delivery's own id. */
import { formatTimestamp } from '../domain/event.ts';
import { idSuffix } from '../domain/ids.ts';
import type { Profile } from '../domain/profile.ts';
import { allureSignature } from '../signing/hmac-header.ts';
import { AUTH_TYPES } from '../signing/index.ts';
import { envelope } from './envelope.ts';
import { entryFromSamples } from './schema-from-samples.ts';
import { DEFAULT_SCHEDULE } from './standard-webhooks.ts';

const session = { session_id: 'session_abc123', package_id: 'pkg_abc123', user_id: 'user_xyz789' };

export const scormApi: Profile = {
  name: 'scorm-api',
  title: 'SCORM API',
  source: 'SCORM API, "Webhook Setup Guide"',
  catalogue: [
    entryFromSamples(
      'package.processing.completed',
      'After a package is successfully processed',
      {
        package_id: 'pkg_abc123',
        title: 'Introduction to Safety Training',
        version: '1.2',
        scorm_version: '1.2',
        revision: 1,
        launch_url: 'index.html',
        file_size_bytes: 5242880,
      },
      { package_id: 'pkg_abc123', title: 'Introduction to Safety Training', version: '1.2', revision: 1 },
      { package_id: 'pkg_abc123', title: 'Test Package' },
    ),
    entryFromSamples('package.processing.failed', 'When package processing encounters an error', {
      package_id: 'pkg_abc123',
      error: 'Invalid SCORM manifest',
      error_code: 'INVALID_MANIFEST',
    }),
    entryFromSamples('session.created', 'When a learner starts a course', session),
    entryFromSamples('session.completed', 'When a learner completes a course', {
      ...session,
      completion_status: 'completed',
      success_status: 'passed',
      score: { scaled: 0.85, raw: 85, max: 100 },
      time_spent_seconds: 3600,
    }),
    entryFromSamples('session.progress', 'When CMI data is updated (frequent)', {
      ...session,
      completion_status: 'incomplete',
      score: { scaled: 0.65, raw: 65 },
      time_spent_seconds: 1800,
    }),
  ],
  allowsUnknownTypes: false,
  schedule: DEFAULT_SCHEDULE,
  timeoutMs: 30_000,
  signing: allureSignature,
  secret: 'chosen',
  authTypes: AUTH_TYPES,
  defaultAuth: { type: 'none' },
  httpsOnly: false,
  maxEndpoints: null,
  stallsWhenExhausted: false,
  render: ({ type, timestampMs, tenantWireId, data }) =>
    envelope(
      `{"event":${JSON.stringify(type)},"tenant_id":${JSON.stringify(tenantWireId)},"data":`,
      data,
      `,"timestamp":"${formatTimestamp(timestampMs, 'milliseconds')}"}`,
    ),
  renderForDelivery: (body, deliveryId) =>
    Buffer.concat([body.subarray(0, -1), Buffer.from(`,"delivery_id":"${scormDeliveryId(deliveryId)}"}`)]),
  testEventType: 'package.processing.completed',
};

/** The delivery's id in the product's spelling: `dlv_x` becomes `delivery_x`. */
export function scormDeliveryId(deliveryId: string): string {
  return `delivery_${idSuffix(deliveryId)}`;
}
