/** What every way of telling people owes: a new channel joins the registry and is tested here without an edit. */
import { CHANNELS, type ChannelOptions, createChannels } from '../../src/channels/index.ts';
import type { Notice } from '../../src/domain/notice.ts';
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
const notice: Notice = {
  about: 'deliveries',
  id: 'ntf_1',
  tenant: { id: 'ten_1', name: 'Acme', contacts: ['ops@example.com'] },
  endpoint: { id: 'ep_1', maskedUrl: 'https://crm.example.com/hook', stalled: false, disabled: false },
  deliveries: [delivery],
  total: 1,
};

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
    ['where it was to go', 'crm.example.com'],
  ])('says which is %s', async (_what, id) => {
    await channel()?.tell(notice);
    expect(told()).toContain(id);
  });

  test('says how many there are when it does not show all', async () => {
    await channel()?.tell({ ...notice, total: 1234 });
    expect(told()).toContain('1234');
  });

  test('does not mind to be told twice, nor another notice after it', async () => {
    await channel()?.tell(notice);
    await channel()?.tell(notice);
    await expect(channel()?.tell({ ...notice, id: 'ntf_2' })).resolves.toBeUndefined();
  });

  test('does not mind a tenant without contacts', async () => {
    const alone = { ...notice, tenant: { ...notice.tenant, contacts: [] } };
    await expect(channel()?.tell(alone)).resolves.toBeUndefined();
  });

  test('leaves the notice as it was', async () => {
    const before = structuredClone(notice);
    await channel()?.tell(notice);
    expect(notice).toEqual(before);
  });
});

test('without a mail server there is the log, and only that', () => {
  expect(createChannels({ ...options(), smtpUrl: undefined }).map(({ name }) => name)).toEqual(['log']);
});

test('with a mail server every channel works', () => {
  expect(createChannels(options()).map(({ name }) => name)).toEqual(Object.keys(CHANNELS));
});
