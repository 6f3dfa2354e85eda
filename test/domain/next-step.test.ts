/** What happens next is said so that whoever does what it says is not refused: over every state and all that surrounds it. */
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

test('there are as many combinations as it takes', () => {
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

test('whoever has nothing in the way of a delivery that has ended is told that it can be sent again', () => {
  const now: Sendability = {
    endpoint: 'enabled',
    secretsOpen: true,
    profileKnown: true,
    payloadErased: false,
  };
  const ended = states.filter(({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status));
  expect(ended.filter((state) => !nextStep(state, now).advice.includes('retry'))).toEqual([]);
});
