/** The page docs/delivery-states.md: the statuses of a delivery and every change of them, from the transition table. */
import { DELIVERY_STATUSES, type DeliveryStatus, ENDED_STATUSES, isEnded } from '../src/domain/delivery.ts';
import { type StateBefore, TRANSITIONS, type Transition } from '../src/domain/delivery-transitions.ts';

const MEANINGS: Record<DeliveryStatus, string> = {
  pending: 'It waits for a workflow.',
  delivering: 'An attempt is under way.',
  retrying: 'An attempt has failed or was deferred, and its workflow waits for the next one.',
  held: "It waits for something other than time: an earlier delivery, its endpoint's rate limit, the end of a stall.",
  succeeded: 'A receiver has accepted it.',
  failed: 'Its last attempt has failed, or it cannot be sent any more.',
  cancelled: 'Somebody has cancelled it, or its payload was erased or its tenant deleted.',
};

const isEnd = (state: StateBefore) => state !== 'none' && isEnded(state);
const inDiagram = (state: StateBefore) => {
  if (state === 'none') return '[*]';
  return isEnd(state) ? 'ended' : state;
};

/** An attempt that ends after its delivery has changes an end only into an end; the ends are one state here. */
function arrowsOf({ name, from, to }: Transition): [arrow: string, name: string][] {
  const isLate = (state: StateBefore) => isEnd(state) && from.includes('delivering');
  const arrows = from.flatMap((one) =>
    to
      .filter((other) => !isLate(one) || isEnd(other))
      .map((other) => `${inDiagram(one)} --> ${inDiagram(other)}`),
  );
  return [...new Set(arrows)].map((arrow) => [arrow, name]);
}

function diagram(): string[] {
  const named = new Map<string, string[]>();
  for (const [arrow, name] of TRANSITIONS.flatMap(arrowsOf))
    named.set(arrow, [...(named.get(arrow) ?? []), name]);
  const arrows = [...named].map(([arrow, names]) => `  ${arrow}: ${names.join(', ')}`);
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  state "${ENDED_STATUSES.join(', ')}" as ended`,
    ...arrows,
    '```',
  ];
}

const listed = (states: readonly StateBefore[]) => states.map((state) => `\`${state}\``).join(', ');

/** @returns docs/delivery-states.md */
export function deliveryStatesPage(): string {
  return [
    '# States of a delivery',
    '',
    'This page is generated from `src/domain/delivery-transitions.ts` by `npm run generate-docs`.',
    '`test/properties/delivery-transitions.test.ts` does to deliveries whatever may happen to them, in any order, and finds no other change of a status.',
    '',
    '| status | meaning |',
    '| --- | --- |',
    ...DELIVERY_STATUSES.map((status) => `| \`${status}\` | ${MEANINGS[status]} |`),
    '',
    ...diagram(),
    '',
    '| change | from | to | when | by, in `src/store` |',
    '| --- | --- | --- | --- | --- |',
    ...TRANSITIONS.map(
      ({ name, from, to, when, by }) => `| ${name} | ${listed(from)} | ${listed(to)} | ${when} | ${by} |`,
    ),
    '',
    'What had ended and is being sent once more by a press keeps its end, unless that attempt succeeds: whatever else ends it meanwhile, such as',
    'the deletion of its tenant, makes it again what it was.',
    '',
  ].join('\n');
}
