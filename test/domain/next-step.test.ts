/** The words about a delivery's next step, for every state: no advice leads to a refusal, and the reason of a failure is true. */
import { DELIVERY_STATUSES, type Delivery, HELD_REASONS } from '../../src/domain/delivery.ts';
import { ATTEMPT_ERRORS, type AttemptErrorCode } from '../../src/domain/errors.ts';
import { nextStep, retryRefusal, type Sendability } from '../../src/domain/next-step.ts';

const yesNo = [true, false];
const sendability: Sendability[] = (['enabled', 'disabled', 'deleted'] as const).flatMap((endpoint) =>
  yesNo.flatMap((secretsOpen) =>
    yesNo.flatMap((profileKnown) =>
      yesNo.map((payloadErased) => ({ endpoint, secretsOpen, profileKnown, payloadErased })),
    ),
  ),
);
const states = DELIVERY_STATUSES.flatMap((status) =>
  (status === 'held' ? [...HELD_REASONS, 'of-a-newer-version' as never] : [null]).flatMap((heldReason) =>
    [null, ...(Object.keys(ATTEMPT_ERRORS) as AttemptErrorCode[])].flatMap((lastError) =>
      yesNo.map((isTest) => ({
        status,
        heldReason,
        lastError,
        isTest,
        lastResponseStatus: null,
        attemptCount: 1,
        nextAttemptAt: status === 'retrying' ? new Date(0) : null,
      })),
    ),
  ),
);
const combinations = [
  ...states,
  { ...(states[0] as (typeof states)[number]), status: 'of-a-newer-version' as Delivery['status'] },
].flatMap((state) => sendability.map((now) => ({ state, now })));

test('the table holds thousands of combinations', () => {
  expect(combinations.length).toBeGreaterThan(5_000);
});

test('no advice leads to a refusal, and what is advised is what the words say', () => {
  const wrong = combinations.filter(({ state, now }) => {
    const { words, advice } = nextStep(state, now);
    const after: Sendability = advice.includes('enable_endpoint') ? { ...now, endpoint: 'enabled' } : now;
    const isRefused = advice.includes('retry') && retryRefusal(state, after) !== null;
    const saysRetry = /retry sends/i.test(words) !== advice.includes('retry');
    const saysEnable = /enable it/.test(words) !== advice.includes('enable_endpoint');
    return isRefused || saysRetry || saysEnable || !/^[A-Z].*\.$/.test(words);
  });
  expect(wrong.slice(0, 3)).toEqual([]);
});

test('the words about an ended delivery with no obstacle say that it can be retried', () => {
  const now: Sendability = {
    endpoint: 'enabled',
    secretsOpen: true,
    profileKnown: true,
    payloadErased: false,
  };
  const ended = states.filter(({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status));
  expect(ended.filter((state) => !nextStep(state, now).advice.includes('retry'))).toEqual([]);
});

describe('a press that is still to be carried out', () => {
  const now: Sendability = {
    endpoint: 'enabled',
    secretsOpen: true,
    profileKnown: true,
    payloadErased: false,
  };
  const steps = ['waiting', 'taken', 'deferred'] as const;
  const sound = states.filter(({ lastError, isTest }) => lastError === null && !isTest);
  const cases = sound.flatMap((state) =>
    yesNo.flatMap((isAttempted) =>
      steps.map((pressStep) => ({ state: { ...state, isAttempted }, pressStep })),
    ),
  );

  test.each(cases)(
    '$state.status, $state.heldReason, attempted: $state.isAttempted, $pressStep',
    ({ state, pressStep }) => {
      const { words, advice } = nextStep(state, now, [{ atMs: 0, step: pressStep }]);
      const isOwnAttempt = pressStep === 'taken' && (state.status === 'delivering' || state.isAttempted);
      if (isOwnAttempt) return expect(words).toBe(nextStep(state, now).words);
      expect(words).toContain('A retry was asked for at 1970-01-01T00:00:00.000Z and is still to be made');
      expect(words).not.toMatch(/^nothing|retry sends/i);
      expect(words.includes('rate limit')).toBe(
        (pressStep === 'deferred' && !state.isAttempted && state.status !== 'delivering') ||
          state.heldReason === 'rate_limited',
      );
      expect(advice).toEqual([]);
    },
  );

  test('is promised for a moment only where no rate limit may keep it waiting', () => {
    for (const { state, pressStep } of cases) {
      const { words } = nextStep(state, { ...now, isRateLimited: true }, [{ atMs: 0, step: pressStep }]);
      if (!words.includes('still to be made')) continue;
      expect(words).not.toMatch(/right after|: now/);
      expect(words).toMatch(/still to be made: .*rate limit.* room\.$/);
    }
  });

  test('is not promised where it would send nothing', () => {
    const disabled = { ...now, endpoint: 'disabled' as const };
    for (const state of sound)
      expect(nextStep(state, disabled, [{ atMs: 0, step: 'waiting' }])).toEqual(nextStep(state, disabled));
  });
});

test('a retry is promised at once only where no rate limit may keep it waiting', () => {
  const now: Sendability = {
    ...{ endpoint: 'enabled', secretsOpen: true, profileKnown: true, payloadErased: false },
    isRateLimited: true,
  };
  for (const state of states) {
    const { words, advice } = nextStep(state, now);
    if (advice.includes('retry'))
      expect(words).toMatch(/Retry sends it [^.]*, as soon as the endpoint's rate limit leaves room\.$/);
    expect(nextStep(state, { ...now, isRateLimited: false }).words).not.toMatch(/leaves room/);
  }
});

test('an attempt whose time is over is late, not due', () => {
  const now: Sendability = {
    endpoint: 'enabled',
    secretsOpen: true,
    profileKnown: true,
    payloadErased: false,
  };
  const [retrying] = states.filter(({ status }) => status === 'retrying');
  const planned = { ...(retrying as (typeof states)[number]), nextAttemptAt: new Date(1_000_000) };
  const at = (nowMs: number) => nextStep(planned, { ...now, nowMs }).words;
  expect(at(999_000)).toMatch(/^Attempt 2 is due at 1970-01-01T00:16:40.000Z\. Retry/);
  expect(at(1_005_000)).toMatch(/ is due at /);
  expect(at(1_100_000)).toMatch(
    /^Attempt 2 was due at 1970-01-01T00:16:40.000Z and is late: .* Temporal is away\. Retry/,
  );
});

test('what was cancelled during an attempt is not over before that has ended', () => {
  const now: Sendability = {
    endpoint: 'enabled',
    secretsOpen: true,
    profileKnown: true,
    payloadErased: false,
  };
  for (const state of states.filter(({ status }) => status === 'cancelled')) {
    expect(nextStep({ ...state, isAttempted: true }, now).words).toMatch(/while an attempt was under way/);
    expect(nextStep({ ...state, isAttempted: false }, now).words).toMatch(/^Nothing: it was cancelled/);
  }
});

/** What is true of each failure, however it came about. */
const REASONS: Record<AttemptErrorCode, RegExp> = {
  dns_error: /last attempt failed/,
  address_blocked: /last attempt failed/,
  connection_refused: /last attempt failed/,
  connection_reset: /last attempt failed/,
  tls_error: /last attempt failed/,
  timeout: /last attempt failed/,
  invalid_response: /last attempt failed/,
  redirect_refused: /last attempt failed/,
  http_status: /last attempt (failed|was answered with 410)/,
  authorization_failed: /credentials for its last attempt could not be obtained.*sent nothing/,
  outcome_unknown: /whether the request arrived is not known/,
  secret_unreadable: /secrets of its endpoint could not be opened.*sent nothing/,
  profile_unknown: /profile was not known.*sent nothing/,
  unsendable: /stored value of it.*is not valid.*could not be sent/,
  endpoint_disabled: /its endpoint was disabled before/,
  endpoint_deleted: /its endpoint was deleted before/,
  payload_erased: /its payload was erased before/,
};

describe('the reason of a failure', () => {
  const now: Sendability = {
    endpoint: 'enabled',
    secretsOpen: true,
    profileKnown: true,
    payloadErased: false,
  };
  const endings = (Object.keys(REASONS) as AttemptErrorCode[]).flatMap((lastError) =>
    [null, 410, 503].flatMap((lastResponseStatus) =>
      [0, 1, 4].map((attemptCount) => ({ lastError, lastResponseStatus, attemptCount })),
    ),
  );

  test.each(endings)('$lastError, status $lastResponseStatus, $attemptCount attempts', (ending) => {
    const { words } = nextStep(
      { ...ending, status: 'failed', heldReason: null, isTest: false, nextAttemptAt: null },
      now,
    );
    expect(words).toMatch(REASONS[ending.lastError]);
    // A 410 ends a delivery at once, and a manual retry of one that has ended is not part of its schedule.
    expect(words).not.toMatch(/every attempt|all attempts|schedule/);
    expect(words.includes('410')).toBe(
      ending.lastError === 'http_status' && ending.lastResponseStatus === 410,
    );
    if (ending.attemptCount === 0) expect(words).not.toContain('next attempt');
  });

  test('is not invented where none is recorded, or where this version does not know it', () => {
    const failed = {
      status: 'failed',
      heldReason: null,
      isTest: false,
      nextAttemptAt: null,
      lastResponseStatus: null,
      attemptCount: 2,
    } as const;
    expect(nextStep({ ...failed, lastError: null }, now).words).toContain('no reason is recorded');
    const newer = 'of_a_newer_version' as AttemptErrorCode;
    expect(nextStep({ ...failed, lastError: newer }, now).words).toContain('its last attempt failed');
  });
});
