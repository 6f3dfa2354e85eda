/** What every way of telling people owes: a new channel joins the registry and is tested here without an edit. */
import { CHANNELS, type ChannelOptions, createChannels } from '../../src/channels/index.ts';
import type { EndpointMessage } from '../../src/domain/notification.ts';
import { type MailServer, startMailServer } from '../helpers/mail-server.ts';

let mail: MailServer;
let warnings: { fields: object; message: string }[];
beforeAll(async () => {
  mail = await startMailServer();
});
beforeEach(() => {
  mail.received.length = 0;
  warnings = [];
});
afterAll(() => mail?.close());

const options = (): ChannelOptions => ({
  warn: (fields, message) => warnings.push({ fields, message }),
  smtpUrl: mail.url,
  mailFrom: 'Tidings <tidings@example.com>',
  publicUrl: () => 'https://tidings.example.com',
});

const delivery = {
  deliveryId: 'dlv_1',
  eventId: 'evt_1',
  eventType: 'lesson.completed',
  attemptCount: 4,
  lastError: 'http_status',
  lastResponseStatus: 500,
  failedAt: new Date(0),
};
const notice: EndpointMessage = {
  about: 'endpoint',
  id: 'msg_1',
  recipient: {
    address: 'ops@example.com',
    unsubscribeUrl: 'https://tidings.example.com/contacts/unsubscribe/t',
  },
  tenant: { id: 'ten_1', name: 'Acme' },
  endpoint: { id: 'ep_1', maskedUrl: 'https://crm.example.com/hook', stalled: false, disabled: false },
  deliveries: [delivery],
  total: 1,
  changes: [],
  changesTotal: 0,
};
const never = new AbortController().signal;

/** What people were told, whichever way. */
const told = () => JSON.stringify([mail.received, warnings]);

describe.each(Object.keys(CHANNELS))('the channel %s', (name) => {
  const channel = () => CHANNELS[name]?.(options()) ?? null;

  test('goes by the name that it is registered under', () => {
    expect(channel()?.name).toBe(name);
  });

  test.each([
    ['the tenant', 'ten_1'],
    ['the endpoint', 'ep_1'],
    ['the delivery', 'dlv_1'],
  ])('says which is %s', async (_what, id) => {
    await channel()?.send(notice, never);
    expect(told()).toContain(id);
  });

  test('says where it was to go, but in the log, which nobody erases', async () => {
    await channel()?.send(notice, never);
    expect(told().includes('crm.example.com')).toBe(name !== 'log');
  });

  test('says how many there are when it does not show all', async () => {
    await channel()?.send({ ...notice, total: 1234 }, never);
    expect(told()).toContain('1234');
  });

  test('does not mind to be told twice, nor another notice after it', async () => {
    await channel()?.send(notice, never);
    await channel()?.send(notice, never);
    await expect(channel()?.send({ ...notice, id: 'msg_2' }, never)).resolves.toEqual({ outcome: 'sent' });
  });

  test('does not mind a message without a recipient', async () => {
    const alone = { ...notice, recipient: null };
    await expect(channel()?.send(alone, never)).resolves.toEqual({ outcome: 'sent' });
  });

  test('leaves the notice as it was', async () => {
    const before = structuredClone(notice);
    await channel()?.send(notice, never);
    expect(notice).toEqual(before);
  });
});

test('without a mail server there is the log, and only that', () => {
  expect(createChannels({ ...options(), smtpUrl: undefined }).map(({ name }) => name)).toEqual(['log']);
});

test('with a mail server every channel works', () => {
  expect(createChannels(options()).map(({ name }) => name)).toEqual(Object.keys(CHANNELS));
});
