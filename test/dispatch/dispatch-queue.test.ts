/** The dispatch queue hands out deliveries in groups, and endpoints that cause trouble do not take the room of others. */
import { DispatchQueue } from '../../src/dispatch/dispatch-queue.ts';
import type { DispatchableDelivery } from '../../src/store/leases.ts';

let made = 0;
function delivery(of: Partial<DispatchableDelivery> = {}): DispatchableDelivery {
  made += 1;
  return {
    id: `dlv_${made}`,
    tenantId: 'ten',
    eventId: `evt_${made}`,
    eventIdIsOurs: true,
    endpointId: 'ep',
    eventType: 'a.b',
    profile: 'standard-webhooks',
    timeoutMs: null,
    rateLimited: false,
    isTest: false,
    offeredBefore: false,
    traceparent: null,
    siblings: 1,
    bytes: 300,
    ...of,
  };
}

const times = (count: number, of: Partial<DispatchableDelivery> = {}) =>
  Array.from({ length: count }, () => delivery(of));
const idsOf = (rows: DispatchableDelivery[]) => rows.map(({ id }) => id);

test('a lone event goes whole, however many deliveries it has', () => {
  const queue = new DispatchQueue();
  const rows = times(250, { eventId: 'evt', siblings: 250 });
  for (const row of rows) queue.push('quick', row);
  expect(queue.takeGroup('quick', 100)).toEqual(rows);
  expect(queue.takeGroup('quick', 100)).toEqual([]);
});

test('events that wait together share groups, oldest first; alone with a burst size of one', () => {
  const queue = new DispatchQueue();
  const rows = times(5);
  for (const row of rows) queue.push('quick', row);
  expect(queue.takeGroup('quick', 3)).toEqual(rows.slice(0, 3));
  expect(queue.takeGroup('quick', 1)).toEqual(rows.slice(3, 4));
  expect(queue.takeGroup('suspect', 3)).toEqual([]);
  expect(queue.takeAll()).toEqual(rows.slice(4));
});

test('large bodies share a group only up to 8 MB, which siblings count towards once', () => {
  const queue = new DispatchQueue();
  const megabyte = { bytes: 1024 * 1024 };
  const ofOne = times(20, { ...megabyte, eventId: 'evt', siblings: 20 });
  const others = times(10, megabyte);
  for (const row of [...ofOne, ...others]) queue.push('quick', row);
  expect(queue.takeGroup('quick', 100)).toEqual([...ofOne, ...others.slice(0, 7)]);
  queue.push('quick', delivery({ bytes: 9 * 1024 * 1024 }));
  expect(queue.takeGroup('quick', 100)).toEqual(others.slice(7));
  expect(queue.takeGroup('quick', 100)).toHaveLength(1);
});

test('in the failing lane endpoints take turns, and each keeps its order', () => {
  const queue = new DispatchQueue();
  const many = times(10, { endpointId: 'busy' });
  const few = times(2, { endpointId: 'calm' });
  for (const row of [...many, ...few]) queue.push('failing', row);
  expect(new Set(idsOf(queue.takeGroup('failing', 4)))).toEqual(
    new Set(idsOf([...many.slice(0, 2), ...few])),
  );
  expect(queue.takeGroup('failing', 4)).toEqual(many.slice(2, 6));
});

test('a group of the failing lane is smaller than others', () => {
  const queue = new DispatchQueue();
  for (const row of times(300)) queue.push('failing', row);
  expect(queue.takeGroup('failing', 250)).toHaveLength(100);
  expect(queue.takeGroup('failing', 50)).toHaveLength(50);
});

test('only a limited number of deliveries of one failing endpoint may wait', () => {
  const lane = 'failing';
  const queue = new DispatchQueue();
  const rows = times(1_000, { endpointId: 'dead' });
  for (const row of rows) {
    expect(queue.hasRoomFor(lane, row)).toBe(true);
    queue.push(lane, row);
  }
  expect(queue.crowdedEndpoints()).toEqual(['dead']);
  expect(queue.hasRoomFor(lane, delivery({ endpointId: 'dead' }))).toBe(false);
  expect(queue.hasRoomFor(lane, delivery({ endpointId: 'other' }))).toBe(true);
  expect(queue.hasRoom(1)).toBe(true);
  queue.takeGroup(lane, 100);
  expect(queue.crowdedEndpoints()).toEqual([]);
  expect(queue.hasRoomFor(lane, delivery({ endpointId: 'dead' }))).toBe(true);
});

test.each(['quick', 'suspect'] as const)(
  'of one that is %s as many may wait as there is room for',
  (lane) => {
    const queue = new DispatchQueue();
    for (const row of times(10_000)) {
      expect(queue.hasRoomFor(lane, row)).toBe(true);
      queue.push(lane, row);
    }
    expect(queue.hasRoomFor(lane, delivery())).toBe(false);
    expect(queue.crowdedEndpoints()).toEqual(lane === 'quick' ? [] : ['ep']);
    expect(queue.hasRoom(10_000)).toBe(lane === 'suspect');
  },
);

test('a lane for trouble that is full stops nobody else from being fetched', () => {
  const queue = new DispatchQueue();
  const endpoints = Array.from({ length: 20 }, (_, n) => `dead_${n}`);
  for (const endpointId of endpoints)
    for (const row of times(500, { endpointId })) queue.push('failing', row);
  expect(queue.hasRoom(1)).toBe(true);
  expect(queue.crowdedEndpoints()).toEqual(endpoints);
});

test('deliveries whose lease another process has taken are removed', () => {
  const queue = new DispatchQueue();
  const [kept, lost] = times(2) as [DispatchableDelivery, DispatchableDelivery];
  queue.push('quick', kept);
  queue.push('failing', lost);
  expect(queue.ids()).toEqual([kept.id, lost.id]);
  queue.remove(new Set([lost.id]));
  expect(queue.takeAll()).toEqual([kept]);
});

describe('while an endpoint is crowded', () => {
  const crowds = { isCrowded: (endpointId: string) => endpointId === 'slow', hasCrowds: () => true };

  test.each(['quick', 'unproven', 'failing', 'suspect'] as const)(
    'others pass its deliveries in the %s lane',
    (lane) => {
      const queue = new DispatchQueue(crowds);
      const slow = times(300, { endpointId: 'slow' });
      const others = times(3);
      for (const row of [...slow, ...others]) queue.push(lane, row);
      expect(queue.count(lane)).toBe(3);
      expect(idsOf(queue.takeGroup(lane, 100))).toEqual(idsOf(others));
      expect(queue.takeGroup(lane, 100)).toEqual([]);
      expect(queue.takeAll()).toEqual(slow);
    },
  );

  test('a test goes, for somebody waits for its outcome', () => {
    const queue = new DispatchQueue(crowds);
    const test = delivery({ endpointId: 'slow', isTest: true });
    for (const row of [delivery({ endpointId: 'slow' }), test]) queue.push('suspect', row);
    expect(queue.takeGroup('suspect', 100)).toEqual([test]);
  });

  test('a lone event goes whole, for its deliveries share a workflow', () => {
    const queue = new DispatchQueue(crowds);
    const rows = ['slow', 'ep', 'slow'].map((endpointId) =>
      delivery({ endpointId, eventId: 'evt', siblings: 3 }),
    );
    for (const row of rows) queue.push('quick', row);
    expect(queue.takeGroup('quick', 100)).toEqual(rows);
  });

  test('it fills only its share, and stops nobody else from being fetched', () => {
    const queue = new DispatchQueue(crowds);
    for (const row of times(1_000, { endpointId: 'slow' })) {
      expect(queue.hasRoomFor('quick', row)).toBe(true);
      queue.push('quick', row);
    }
    expect(queue.hasRoomFor('quick', delivery({ endpointId: 'slow' }))).toBe(false);
    expect(queue.hasRoomFor('quick', delivery())).toBe(true);
    expect(queue.hasRoom(1)).toBe(true);
    expect(queue.crowdedEndpoints()).toEqual(['slow']);
  });
});
