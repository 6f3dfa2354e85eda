/** The e-mail that a customer gets when Tidings gives up: it must come once, be readable, and be safe to open. */
import { emailChannel } from '../../src/channels/email.ts';
import type { DeliveriesNotice } from '../../src/domain/notice.ts';
import { type MailServer, startMailServer } from '../helpers/mail-server.ts';

let mail: MailServer;
beforeAll(async () => {
  mail = await startMailServer();
});
beforeEach(() => {
  mail.received.length = 0;
  mail.accept(true);
});
afterAll(() => mail?.close());

const channel = (smtpUrl = mail.url) =>
  emailChannel({
    smtpUrl,
    from: 'Tidings <tidings@example.com>',
    publicUrl: () => 'https://tidings.example.com',
  });

const failed = (number: number, more: Partial<DeliveriesNotice['deliveries'][0]> = {}) => ({
  deliveryId: `dlv_${number}`,
  eventId: `evt_${number}`,
  eventType: 'lesson.completed',
  attemptCount: 4,
  lastError: 'http_status',
  lastResponseStatus: 503,
  failedAt: new Date(0),
  ...more,
});
const notice: DeliveriesNotice = {
  about: 'deliveries',
  id: 'ntf_1',
  tenant: { id: 'ten_1', name: 'Acme', contacts: ['ops@example.com', 'dev@example.com'] },
  endpoint: {
    id: 'ep_1',
    maskedUrl: 'https://crm.example.com/hook?token=••••',
    stalled: false,
    disabled: false,
  },
  deliveries: [failed(1)],
  total: 1,
};

async function told(change: Partial<DeliveriesNotice> = {}) {
  await channel().tell({ ...notice, ...change });
  const message = mail.received.at(-1);
  return { message, text: message?.text ?? '', html: message?.html ?? '', subject: message?.subject ?? '' };
}

test('goes to all contacts of the tenant, from the configured sender', async () => {
  const { message } = await told();
  expect(message?.recipients.sort()).toEqual(['dev@example.com', 'ops@example.com']);
  expect(message?.from).toMatchObject({ address: 'tidings@example.com', name: 'Tidings' });
  expect(mail.received).toHaveLength(1);
});

test('is the same message when it goes out twice, and another one for another notice', async () => {
  const first = await told();
  const again = await told();
  const other = await told({ id: 'ntf_2' });
  expect(first.message?.messageId).toMatch(/^<[^<>\s]+@[^<>\s]+>$/);
  expect(again.message?.messageId).toBe(first.message?.messageId);
  expect(other.message?.messageId).not.toBe(first.message?.messageId);
});

test('says that a machine wrote it, so that no machine answers', async () => {
  const { message } = await told();
  expect(message?.headers).toContainEqual(
    expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
  );
});

test('names the tenant and the host in its subject', async () => {
  const { subject } = await told();
  expect(subject).toContain('Acme');
  expect(subject).toContain('crm.example.com');
});

describe.each(['text', 'html'] as const)('its %s part', (part) => {
  test.each([
    ['what failed', 'lesson.completed'],
    ['which event', 'evt_1'],
    ['why', '4 attempts, the last one: status 503'],
    ['for which URL', 'https://crm.example.com/hook?token=••••'],
    ['where to look', 'https://tidings.example.com/v1/deliveries/dlv_1'],
    ['how to retry', 'https://tidings.example.com/v1/deliveries/dlv_1/retry'],
    ['for whom', 'ten_1'],
    ['which endpoint', 'ep_1'],
  ])('says %s', async (_what, expected) => {
    expect((await told())[part]).toContain(expected);
  });

  test.each([
    { endpoint: { disabled: true, stalled: false }, says: /disabled/ },
    { endpoint: { disabled: false, stalled: true }, says: /until a new event arrives/ },
    { endpoint: { disabled: false, stalled: false }, says: /still delivered/ },
  ])('says how the endpoint stands: $says', async ({ endpoint, says }) => {
    expect((await told({ endpoint: { ...notice.endpoint, ...endpoint } }))[part]).toMatch(says);
  });

  test('names the error where there was no response', async () => {
    const { [part]: content } = await told({
      deliveries: [failed(1, { attemptCount: 1, lastError: 'dns_error', lastResponseStatus: null })],
    });
    expect(content).toContain('1 attempt, the last one: dns_error');
  });

  test('lists several, and counts those that it does not list', async () => {
    const deliveries = Array.from({ length: 20 }, (_, index) => failed(index + 1));
    const { [part]: content, subject } = await told({ deliveries, total: 250 });
    for (const { deliveryId } of deliveries) expect(content).toContain(`/deliveries/${deliveryId}`);
    expect(content).toContain('and 230 more');
    expect(subject).toContain('250 events');
  });
});

describe('a hostile tenant', () => {
  const hostile = '<img src=x onerror="alert(1)"> & \'friends\'';

  test('puts no element into the HTML part', async () => {
    const { html, text } = await told({
      tenant: { ...notice.tenant, name: hostile },
      deliveries: [
        failed(1, { eventType: '<script>', eventId: '"><b>', lastError: '<i>', lastResponseStatus: null }),
      ],
    });
    expect(html).not.toMatch(/<(img|script|b|i)\b/);
    expect(html).not.toContain('onerror="');
    expect(text).toContain(hostile);
  });

  test.each(['Acme\r\nBcc: victim@example.com', 'Acme\nBcc: victim@example.com'])(
    'puts no header into the message: %j',
    async (name) => {
      const { message } = await told({ tenant: { ...notice.tenant, name } });
      expect(message?.recipients.sort()).toEqual(['dev@example.com', 'ops@example.com']);
      expect(message?.headers.map(({ key }) => key)).not.toContain('bcc');
    },
  );

  test('is named as it is, beyond ASCII', async () => {
    const { subject, text } = await told({ tenant: { ...notice.tenant, name: 'Äpfel & 日本 🎉' } });
    expect(subject).toContain('Äpfel & 日本 🎉');
    expect(text).toContain('Äpfel & 日本 🎉');
  });
});

describe('when it cannot be sent', () => {
  test('a tenant without contacts gets none, and that is no error', async () => {
    await channel().tell({ ...notice, tenant: { ...notice.tenant, contacts: [] } });
    expect(mail.received).toEqual([]);
  });

  test('a tenant without contacts needs no mail server', async () => {
    const alone = { ...notice, tenant: { ...notice.tenant, contacts: [] } };
    await expect(channel('smtp://127.0.0.1:1').tell(alone)).resolves.toBeUndefined();
  });

  test('a mail server that is away is an error, so that it is tried again', async () => {
    const gone = await startMailServer();
    await gone.close();
    await expect(channel(gone.url).tell(notice)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a mail server that does not take it is an error, and takes it later', async () => {
    mail.accept(false);
    await expect(channel().tell(notice)).rejects.toThrow('Not now');
    mail.accept(true);
    await channel().tell(notice);
    expect(mail.received).toHaveLength(1);
  });
});
