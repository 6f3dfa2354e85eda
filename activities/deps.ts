/** Dependencies of the activities, which the process that runs them provides. */

import type { LaneSelector } from '../src/dispatch/lane-selector.ts';
import type { Sender } from '../src/http/send.ts';
import type { Logger } from '../src/observability/logger.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import type { Tracing } from '../src/observability/tracing.ts';
import type { ErasureCheck } from '../src/store/erasure-check.ts';
import type { NotificationRules } from '../src/store/notifications.ts';
import type { Db } from '../src/store/pool.ts';
import type { Recorder } from '../src/store/recorder.ts';
import type { Vault } from '../src/store/vault.ts';
import type { ClaimOutcome } from './attempt-outcome.ts';
import type { ConcurrencyCap } from './concurrency-cap.ts';
import type { CredentialCache } from './credential-cache.ts';
import type { RateLimitSpacing } from './rate-limit-spacing.ts';
import type { UnrecordedAttempts } from './unrecorded-attempts.ts';

export type ActivityDeps = {
  db: Db;
  vault: Vault;
  sender: Sender;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  laneSelector: LaneSelector;
  cap: ConcurrencyCap;
  credentials: CredentialCache;
  rateLimitSpacing: RateLimitSpacing;
  recorder: Recorder;
  isErased: ErasureCheck;
  unrecorded: UnrecordedAttempts;
  /** attempts in flight in this process, by delivery and number */
  inFlight: Map<string, Promise<ClaimOutcome>>;
  /** in [0, 1) */
  random: () => number;
  version: string;
  /** the retention of tenants that have none of their own */
  payloadRetentionDays: number;
  /** the rules by which people are notified of exhausted deliveries */
  telling: NotificationRules;
  /** tell the dispatcher when it may start the next workflow */
  attemptBegan(workflowId: string): void;
  attemptEnded(workflowId: string): void;
};
