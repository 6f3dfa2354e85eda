/** A message names the deliveries that have failed, and only those, also when some are sent again or fail while it is made. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../src/domain/ids.ts';
import {
  type BegunMessage,
  beginMessage,
  nextDueMessage,
  refuseMessage,
  repeatMessage,
  returnMessage,
  settleMessage,
} from '../../src/store/messages.ts';
import {
  addToNotification,
  adoptLeftNotices,
  type NotificationRules,
} from '../../src/store/notifications.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { insertDeliveries, insertEndpoints } from '../helpers/rows.ts';

const FAILED = { status: "'failed'", ended_status: "'failed'", ended_at: 'now()' };
const BOUNDS = { perAddress: 1_000, perTenant: 1_000, linksPerAddress: 1_000, linksPerTenant: 1_000 };
const LOOSE = { bounds: BOUNDS, intervalMs: 0, disableAfterMs: 1_000 };
const RULES: NotificationRules = {
  channels: [
    { name: 'log', audience: 'operator' },
    { name: 'email', audience: 'contacts' },
  ],
  intervalMs: 60_000,
};

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await insertEndpoints(database.db, ['ep', 'other']);
  await database.db.query(`update tenants set contacts = '{a@example.com,b@example.com}'`);
});

const handed = (...ids: string[]) => addToNotification(database.db, ids, RULES);
const fail = (...ids: string[]) => insertDeliveries(database.db, 'ep', ids, FAILED);
const due = (channels = ['email']) => nextDueMessage(database.db, channels);
/** As if the time to gather, or a pause, were over. */
const later = () =>
  database.db.query('update messages set due_at = created_at where settled_at is null and began_at is null');
const told = async () =>
  (await database.db.query('select id from deliveries where told_at is not null order by id')).rows.map(
    (row) => row.id,
  );

async function begin(channels?: string[]): Promise<BegunMessage> {
  await later();
  const found = await due(channels);
  const begun = found && (await beginMessage(database.db, found, LOOSE));
  if (!begun) throw new Error(`nothing began: ${JSON.stringify(found)}`);
  return begun;
}
const named = (message: BegunMessage) =>
  message.link === null ? message.content.deliveries.map(({ deliveryId }) => deliveryId) : [];
const dueOf = ({ id, channel }: BegunMessage) => ({ id, channel, endpointId: 'ep' });

test('what is known of a delivery when its message is sent: whether its payload is erased, and whether it is being retried', async () => {
  await fail('dlv_1', 'dlv_2', 'dlv_3');
  await handed('dlv_1', 'dlv_2', 'dlv_3');
  await database.db.query("update events set erased_at = now() where id = 'dlv_2'");
  await database.db.query(
    "update deliveries set status = 'delivering', claim_from = 'failed' where id = 'dlv_3'",
  );
  const { link, ...message } = await begin();
  const told = link === null && 'content' in message ? message.content.deliveries : [];
  expect(told.map(({ deliveryId, isErased, isRetried }) => [deliveryId, isErased, isRetried])).toEqual([
    ['dlv_1', false, false],
    ['dlv_2', true, false],
    ['dlv_3', false, true],
  ]);
});

test('a delivery that is just being retried by hand is named, too: that attempt may fail, and then nobody would be notified', async () => {
  await fail('dlv_1', 'dlv_2');
  expect(await handed('dlv_1', 'dlv_2')).toEqual({ kind: 'done' });
  const first = await begin();
  await returnMessage(database.db, dueOf(first), 0, true);
  await database.db.query(
    "update deliveries set status = 'delivering', claim_from = 'failed' where id = 'dlv_1'",
  );
  const again = await begin();
  expect(named(again)).toEqual(['dlv_1', 'dlv_2']);
  for (const message of [again, await begin(), await begin(['log'])])
    await settleMessage(database.db, message.id, 'sent');
  expect(await told()).toEqual(['dlv_1', 'dlv_2']);
  expect(await handed('dlv_1', 'dlv_2')).toEqual({ kind: 'done' });
});

test('each recipient has an outcome of its own; a delivery counts as notified of when all recipients have one', async () => {
  await fail('dlv_1');
  await handed('dlv_1');
  await settleMessage(database.db, (await begin(['log'])).id, 'sent');
  await settleMessage(database.db, (await begin()).id, 'sent');
  expect(await told()).toEqual([]);
  const last = await begin();
  await refuseMessage(database.db, last, '550 5.1.1');
  expect(await told()).toEqual(['dlv_1']);
  const { rows } = await database.db.query('select state, refusal from contacts order by state');
  expect(rows).toEqual([
    { state: 'undeliverable', refusal: '550 5.1.1' },
    { state: 'verified', refusal: null },
  ]);
  const { rows: events } = await database.db.query('select type, data from operational_events');
  expect(events.map(({ type, data }) => [type, JSON.parse(data)])).toEqual([
    ['contact.undeliverable', { contact_id: last.contact?.id, code: '550 5.1.1' }],
  ]);
});

test('each contact is told through the channels that take its address', async () => {
  await database.db.query(`update tenants set contacts = '{a@example.com,+493012345678}'`);
  const channels: NotificationRules['channels'] = [
    { name: 'email', audience: 'contacts', takes: (address) => address.includes('@') },
    { name: 'sms', audience: 'contacts', takes: (address) => address.startsWith('+') },
    { name: 'log', audience: 'operator', takes: () => false },
  ];
  await fail('dlv_1');
  await addToNotification(database.db, ['dlv_1'], { ...RULES, channels });
  const { rows } = await database.db.query(
    `select channel, address from messages left join contacts c on c.id = contact_id order by channel`,
  );
  expect(rows).toEqual([
    { channel: 'email', address: 'a@example.com' },
    { channel: 'log', address: null },
    { channel: 'sms', address: '+493012345678' },
  ]);
});

test('what fails while a message is on its way goes into the next one, and each delivery is named once to each', async () => {
  await fail('dlv_1');
  await handed('dlv_1');
  const toA = await begin();
  await fail('dlv_2');
  await handed('dlv_2');
  const toB = await begin();
  expect([named(toA), named(toB)]).toEqual([['dlv_1'], ['dlv_1', 'dlv_2']]);
  await settleMessage(database.db, toA.id, 'sent');
  const next = await begin();
  expect(next.contact?.id).toBe(toA.contact?.id);
  expect(named(next)).toEqual(['dlv_2']);
});

test('a message that was not taken tells what has failed meanwhile, too; one that may have been stays as it is', async () => {
  await fail('dlv_1');
  await handed('dlv_1');
  const [refused, lost] = [await begin(), await begin()];
  await fail('dlv_2');
  await handed('dlv_2');
  await returnMessage(database.db, dueOf(refused), 0, true);
  await repeatMessage(database.db, lost.id, 0);
  const sent = new Map<string, string[]>();
  for (let n = 0; n < 20 && sent.size < 3; n += 1) {
    const found = await due();
    if (found === null) await later();
    const message = found && (await beginMessage(database.db, found, LOOSE));
    if (!message) continue;
    sent.set(`${message.contact?.id} ${message.id === lost.id ? 'again' : 'new'}`, named(message));
    await settleMessage(database.db, message.id, 'sent');
  }
  expect(Object.fromEntries(sent)).toEqual({
    [`${refused.contact?.id} new`]: ['dlv_1', 'dlv_2'],
    [`${lost.contact?.id} again`]: ['dlv_1'],
    [`${lost.contact?.id} new`]: ['dlv_2'],
  });
});

test('messages to one recipient about one endpoint keep the interval; another endpoint has an interval of its own', async () => {
  await fail('dlv_1');
  await handed('dlv_1');
  for (let n = 0; n < 2; n += 1) await settleMessage(database.db, (await begin()).id, 'sent');
  await fail('dlv_2');
  await insertDeliveries(database.db, 'other', ['dlv_3'], FAILED);
  await handed('dlv_2');
  await handed('dlv_3');
  const { rows } = await database.db.query(
    `select endpoint_id as endpoint, extract(epoch from due_at - now()) > 55 as waits from messages
     where channel = 'email' and settled_at is null order by endpoint_id`,
  );
  expect(rows).toEqual([
    { endpoint: 'ep', waits: true },
    { endpoint: 'ep', waits: true },
    { endpoint: 'other', waits: false },
    { endpoint: 'other', waits: false },
  ]);
});

test('a message made while another is on its way to the same recipient waits for it, and then keeps the interval', async () => {
  await database.db.query(`update tenants set contacts = '{a@example.com}'`);
  await fail('dlv_1');
  await handed('dlv_1');
  const first = await begin();
  await fail('dlv_2');
  await handed('dlv_2');
  const second = async (intervalMs: number) => {
    await later();
    const found = await due();
    return found && (await beginMessage(database.db, found, { ...LOOSE, intervalMs }));
  };
  expect(await second(0)).toBeNull();
  await settleMessage(database.db, first.id, 'sent');
  expect(await second(60_000)).toBeNull();
  expect(await second(0)).toMatchObject({ content: { deliveries: [{ deliveryId: 'dlv_2' }] } });
});

test.each(['made after it began to be recorded', 'made before that is committed'])(
  'a message that is %s that another was sent keeps the interval, too',
  async (moment) => {
    await database.db.query(`update tenants set contacts = '{a@example.com}'`);
    await fail('dlv_1');
    await handed('dlv_1');
    const first = await begin();
    await fail('dlv_2');
    const recording = await database.db.connect();
    await recording.query('begin');
    await recording.query('select now()');
    if (moment === 'made after it began to be recorded') {
      await handed('dlv_2');
      await settleMessage(recording, first.id, 'sent');
      await recording.query('commit');
      await later();
    } else {
      await settleMessage(recording, first.id, 'sent');
      const making = handed('dlv_2');
      await sleep(300);
      await recording.query('commit');
      await making;
    }
    recording.release();
    const found = await due();
    if (found !== null)
      expect(await beginMessage(database.db, found, { ...LOOSE, intervalMs: 60_000 })).toBeNull();
    const { rows } = await database.db.query(
      `select due_at > now() + interval '50 seconds' as waits from messages where channel = 'email' and settled_at is null`,
    );
    expect(rows).toEqual([{ waits: true }]);
  },
);

test('nobody who has unsubscribed meanwhile, who is no contact any more, or whose tenant is gone, is told', async () => {
  for (const change of [
    `update contacts set state = 'unsubscribed'`,
    `update tenants set contacts = '{}'`,
    'update tenants set deleted_at = now()',
  ]) {
    const id = newId('delivery');
    await fail(id);
    await handed(id);
    await database.db.query(change);
    await later();
    for (let found = await due(); found !== null; found = await due())
      expect(await beginMessage(database.db, found, LOOSE)).toBeNull();
    await database.db.query(`update contacts set state = 'verified'`);
    await database.db.query(`update tenants set contacts = '{a@example.com,b@example.com}'`);
  }
});

test('a message whose every delivery has got through meanwhile is not sent', async () => {
  await fail('dlv_1');
  await handed('dlv_1');
  await database.db.query(`update deliveries set status = 'succeeded', ended_status = 'succeeded'`);
  await later();
  const found = await due();
  expect(found && (await beginMessage(database.db, found, LOOSE))).toBeNull();
});

test.each([
  ['an address', { perAddress: 1 }, 1],
  ['a tenant', { perTenant: 3 }, 3],
])(
  '%s gets no more than its bound in an hour; what is more waits for the next',
  async (_whose, bound, sent) => {
    await database.db.query(`update tenants set contacts = '{a@example.com}'`);
    for (const endpoint of ['ep', 'other']) {
      await insertDeliveries(database.db, endpoint, [`dlv_${endpoint}`], FAILED);
      await handed(`dlv_${endpoint}`);
    }
    await insertEndpoints(database.db, ['third', 'fourth']);
    for (const endpoint of ['third', 'fourth']) {
      await insertDeliveries(database.db, endpoint, [`dlv_${endpoint}`], FAILED);
      await handed(`dlv_${endpoint}`);
    }
    await later();
    let began = 0;
    for (let found = await due(); found !== null; found = await due())
      if (await beginMessage(database.db, found, { ...LOOSE, bounds: { ...BOUNDS, ...bound } })) began += 1;
    expect(began).toBe(sent);
    const { rows } = await database.db.query(
      `select count(*) as waiting from messages where channel = 'email' and began_at is null and due_at > now()
       and due_at <= now() + interval '1 hour'`,
    );
    expect(rows[0].waiting).toBe(4 - sent);
  },
);

test('a notice that a process of the version before has not sent goes out at once; one that it is sending is waited for', async () => {
  const insert = (id: string, lease: string) =>
    database.db.query(
      `insert into notices (id, tenant_id, endpoint_id, sending_until) values ($1, 'ten', 'ep', ${lease})`,
      [id],
    );
  await insert('ntf_old', `now() + interval '1 minute'`);
  await fail('dlv_1');
  await database.db.query(`update deliveries set notice_id = 'ntf_old'`);
  expect(await handed('dlv_1')).toMatchObject({ kind: 'wait' });
  await database.db.query(`update notices set sending_until = now() - interval '1 second'`);
  await adoptLeftNotices(database.db, RULES, 100);
  await adoptLeftNotices(database.db, RULES, 100);
  expect(await handed('dlv_1')).toEqual({ kind: 'done' });
  const found = await due();
  const message = found && (await beginMessage(database.db, found, LOOSE));
  expect(message && named(message)).toEqual(['dlv_1']);
});
