/** States and actions: the pages offer what would work, and say what stands in the way of the rest. */
import type { Capability } from '../../web/src/context/session.tsx';
import { actsOf } from '../../web/src/pages/deliveries/delivery-acts.ts';
import { endpointActs } from '../../web/src/pages/endpoints/endpoint-acts.ts';

const anybody = () => true;
const without =
  (...missing: Capability[]) =>
  (capability: Capability) =>
    !missing.includes(capability);
const looking = (capability: Capability) => capability === 'view';

/** Every state that the API tells, with what its next step advises: test/e2e/next-step holds the API to that. */
const DELIVERIES = [
  // state, status, advice → offered, obstacle: to anybody, without the right to change endpoints
  ['it failed', 'failed', ['retry'], 'retry', null, null],
  [
    'it failed, and its endpoint is disabled',
    'failed',
    ['enable_endpoint', 'retry'],
    'enable',
    'enable',
    'ask',
  ],
  ['it failed, and cannot be sent any more', 'failed', [], '', 'other', 'other'],
  ['it was delivered', 'succeeded', ['retry'], 'retry', null, null],
  [
    'it was delivered, and its endpoint is disabled',
    'succeeded',
    ['enable_endpoint', 'retry'],
    'enable',
    'enable',
    'ask',
  ],
  ['it was delivered, and its endpoint is deleted', 'succeeded', [], '', 'other', 'other'],
  ['it was cancelled', 'cancelled', ['retry'], 'retry', null, null],
  [
    'it was cancelled, and its endpoint is disabled',
    'cancelled',
    ['enable_endpoint', 'retry'],
    'enable',
    'enable',
    'ask',
  ],
  ['it waits for a retry', 'retrying', ['retry'], 'retry cancel', null, null],
  [
    'it waits, and its endpoint is disabled',
    'retrying',
    ['enable_endpoint', 'retry'],
    'enable cancel',
    'enable',
    'ask',
  ],
  ['it waits, and its endpoint is deleted', 'retrying', [], 'cancel', null, null],
  ['it is held for its turn', 'held', [], 'cancel', null, null],
  ['it is held by a stall', 'held', ['retry'], 'retry cancel', null, null],
  ['it is about to be sent', 'pending', [], 'cancel', null, null],
  ['an attempt is under way', 'delivering', [], 'cancel', null, null],
] as const;

test.each(DELIVERIES)('a delivery: %s', (_state, status, advice, offered, obstacle, forOthers) => {
  const log = { status, next_actions: [...advice] };
  const namesOf = (acts: ReturnType<typeof actsOf>) =>
    (['retry', 'enable', 'cancel'] as const).filter((act) => acts[act]).join(' ');
  const acts = actsOf(log, anybody);
  expect([namesOf(acts), acts.obstacle]).toEqual([offered, obstacle]);
  const others = actsOf(log, without('endpoints'));
  expect([namesOf(others), others.obstacle]).toEqual([offered.replace(/enable ?/, ''), forOthers]);
  // Whoever only looks is offered nothing, and told of no obstacle.
  expect(actsOf(log, looking)).toEqual({ retry: false, enable: false, cancel: false, obstacle: null });
  // Nothing is offered together with the reason why it cannot be done.
  if (acts.obstacle !== null) expect(acts.retry).toBe(false);
});

const UNREADABLE = 'secret_unreadable' as const;
test.each([
  ['enabled', { enabled: true }, true, 'test disable recover replay rotate reveal delete'],
  ['enabled, of a contract without secrets', { enabled: true }, false, 'test disable recover replay delete'],
  ['disabled', { enabled: false }, true, 'test enable rotate reveal delete'],
  [
    'enabled, with secrets that cannot be read',
    { enabled: true, problem: UNREADABLE },
    true,
    'disable delete',
  ],
  [
    'disabled, with secrets that cannot be read',
    { enabled: false, problem: UNREADABLE },
    true,
    'enable delete',
  ],
] as const)('an endpoint: %s', (_state, endpoint, signs, offered) => {
  expect([...endpointActs(endpoint, signs, anybody)].join(' ')).toBe(offered);
  expect([...endpointActs(endpoint, signs, looking)]).toEqual([]);
  for (const act of endpointActs(endpoint, signs, without('replay')))
    expect(act).not.toMatch(/recover|replay/);
});
