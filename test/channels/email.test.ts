/** The e-mail about an endpoint comes once, is readable, and is safe to open. */
import { emailChannel } from '../../src/channels/email.ts';
import type { EndpointChange, EndpointMessage } from '../../src/domain/notification.ts';
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

const API = 'https://tidings.example.com';
const DASHBOARD = `${API}/dashboard`;

const channel = (smtpUrl = mail.url, dashboard: string | null = DASHBOARD) =>
  emailChannel({
    smtpUrl,
    from: 'Tidings <tidings@example.com>',
    publicUrl: () => API,
    dashboardUrl: () => dashboard,
  });

const failed = (number: number, more: Partial<EndpointMessage['deliveries'][0]> = {}) => ({
  deliveryId: `dlv_${number}`,
  eventId: `evt_${number}`,
  eventType: 'lesson.completed',
  attemptCount: 4,
  lastError: 'http_status',
  lastResponseStatus: 503,
  failedAt: new Date(0),
  isRetried: false,
  isErased: false,
  ...more,
});
const notice: EndpointMessage = {
  about: 'endpoint',
  id: 'msg_1',
  recipient: {
    address: 'ops@example.com',
    unsubscribeUrl: 'https://tidings.example.com/contacts/unsubscribe/t',
  },
  tenant: { id: 'ten_1', name: 'Acme' },
  endpoint: {
    id: 'ep_1',
    maskedUrl: 'https://crm.example.com/hook?token=••••',
    stalled: false,
    disabled: false,
    deleted: false,
    failingSince: null,
    switchOffAt: null,
    asOf: new Date(0),
  },
  deliveries: [failed(1)],
  total: 1,
  changes: [],
  changesTotal: 0,
};
const never = new AbortController().signal;

async function told(change: Partial<EndpointMessage> = {}) {
  await channel().send({ ...notice, ...change }, never);
  const message = mail.received.at(-1);
  return { message, text: message?.text ?? '', html: message?.html ?? '', subject: message?.subject ?? '' };
}

test('goes to its recipient alone, from the configured sender', async () => {
  const { message } = await told();
  expect(message?.recipients).toEqual(['ops@example.com']);
  expect(message?.to).toEqual([expect.objectContaining({ address: 'ops@example.com' })]);
  expect(message?.from).toMatchObject({ address: 'tidings@example.com', name: 'Tidings' });
  expect(mail.received).toHaveLength(1);
});

test('is the same message when it goes out twice, and another one for another notice', async () => {
  const first = await told();
  const again = await told();
  const other = await told({ id: 'msg_2' });
  expect(first.message?.messageId).toMatch(/^<[^<>\s]+@[^<>\s]+>$/);
  expect(again.message?.messageId).toBe(first.message?.messageId);
  expect(other.message?.messageId).not.toBe(first.message?.messageId);
});

test('can be ended by a link and by one click of the mail program (RFC 8058)', async () => {
  const { message } = await told();
  const headers = Object.fromEntries((message?.headers ?? []).map(({ key, value }) => [key, value]));
  expect(headers['list-unsubscribe']).toBe(`<${notice.recipient?.unsubscribeUrl}>`);
  expect(headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
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
    ['where to look', `${DASHBOARD}/tenants/ten_1/deliveries/dlv_1`],
    ['what to press', 'Retry now'],
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

  test.each([
    [1, 'http_status', 410, '1 attempt, the last one: status 410'],
    [2, 'redirect_refused', 302, '2 attempts, the last one: status 302'],
    [4, 'timeout', 200, '4 attempts, the last one: timeout'],
    [4, 'outcome_unknown', null, '4 attempts, the last one: outcome_unknown'],
    [4, 'secret_unreadable', null, '4 attempts, the last one: secret_unreadable'],
    [0, 'unsendable', null, 'no attempt: it could not be sent (unsendable)'],
    [3, 'unsendable', 503, '3 attempts: it could not be sent (unsendable)'],
    [3, null, null, '3 attempts, the last one: unknown error'],
  ])(
    'after %i attempts and %s (%s) says no more than is true',
    async (attemptCount, lastError, status, says) => {
      const { [part]: content } = await told({
        deliveries: [failed(1, { attemptCount, lastError, lastResponseStatus: status })],
      });
      expect(content).toContain(says);
      expect(content).not.toMatch(/every attempt/i);
    },
  );

  test('lists several, and counts those that it does not list', async () => {
    const deliveries = Array.from({ length: 20 }, (_, index) => failed(index + 1));
    const { [part]: content, subject } = await told({ deliveries, total: 250 });
    for (const { deliveryId } of deliveries) expect(content).toContain(`/deliveries/${deliveryId}`);
    expect(content).toContain('and 230 more');
    expect(subject).toContain('250 events');
  });
});

test('leads to the API where no pages are served', async () => {
  await channel(mail.url, null).send(
    {
      ...notice,
      changes: [
        { what: 'failing', percent: 50, at: new Date(0), failingSince: new Date(0), consecutiveFailures: 7 },
      ],
    },
    never,
  );
  const { text, html } = mail.received.at(-1) ?? {};
  for (const content of [text, html]) {
    expect(content).toContain(`${API}/v1/deliveries/dlv_1`);
    expect(content).not.toMatch(/dashboard|Retry now/);
  }
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
      expect(message?.recipients).toEqual(['ops@example.com']);
      expect(message?.headers.map(({ key }) => key)).not.toContain('bcc');
    },
  );

  test('is named as it is, beyond ASCII', async () => {
    const { subject, text } = await told({ tenant: { ...notice.tenant, name: 'Äpfel & 日本 🎉' } });
    expect(subject).toContain('Äpfel & 日本 🎉');
    expect(text).toContain('Äpfel & 日本 🎉');
  });
});

describe('what has happened to the endpoint', () => {
  const SORTS = {
    disabled: { what: 'disabled', reason: 'gone', deliveriesEnded: 3 },
    recovered: { what: 'recovered' },
    failing: { what: 'failing', percent: 50 },
  } as const;
  const change = (what: keyof typeof SORTS, minute: number): EndpointChange => ({
    at: new Date(Date.UTC(2026, 0, 1, 12, minute)),
    failingSince: new Date(0),
    consecutiveFailures: 7,
    ...SORTS[what],
  });
  const none = { deliveries: [], total: 0 };

  test.each([
    [
      'disabled',
      /switched off/,
      /answered 410.*3 deliveries that were waiting for it have failed, too.*\/recover/s,
    ],
    ['recovered', /works again/, /has got through.*\/recover/s],
    ['failing', /(keeps|kept) failing/, /had failed.*deliveries\?endpoint_id=/s],
  ] as const)('%s, alone, is the whole message', async (what, subject, body) => {
    const found = await told({ ...none, changes: [change(what, 0)], changesTotal: 1 });
    expect(found.subject).toMatch(subject);
    expect(found.text).toMatch(body);
    expect(found.html).toMatch(body);
    expect(found.text).not.toContain('given up');
    expect(found.text).toContain(`${DASHBOARD}/tenants/ten_1/endpoints/ep_1`);
    expect(found.html).toContain(`href="${DASHBOARD}/tenants/ten_1/endpoints/ep_1"`);
  });

  test('several times, is one message: the last in full, all of them by their time, and how many there were', async () => {
    const changes = [change('disabled', 0), change('recovered', 1), change('disabled', 2)];
    const { subject, text, html } = await told({ changes, changesTotal: 250 });
    expect(subject).toBe(
      'Acme: crm.example.com was switched off, and a lesson.completed event could not be delivered',
    );
    for (const content of [text, html]) {
      for (const time of ['12:00:00', '12:01:00', '12:02:00']) expect(content).toContain(time);
      expect(content).toContain('250 changes');
      expect(content).toContain('/v1/deliveries/dlv_1/retry');
    }
  });
});

describe('whatever comes from outside', () => {
  const STEERING = [
    '\u001b[2J',
    '\u009b31m',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u2028',
    '\r\nBcc: x@example.com',
    '\ufeff',
    '\u0007',
  ];
  const PLACES: Record<string, (text: string) => Partial<EndpointMessage>> = {
    'the name of a tenant': (text) => ({ tenant: { id: 'ten_1', name: `A${text}B` } }),
    'an event type': (text) => ({ deliveries: [failed(1, { eventType: `A${text}B` })] }),
    "an event's id": (text) => ({ deliveries: [failed(1, { eventId: `A${text}B` })] }),
    'an error': (text) => ({ deliveries: [failed(1, { lastError: `A${text}B`, lastResponseStatus: null })] }),
    'a URL': (text) => ({
      endpoint: { ...notice.endpoint, maskedUrl: `https://crm.example.com/${text}?token=••••` },
    }),
  };
  const cases = Object.keys(PLACES).flatMap((place) => STEERING.map((text) => [place, text] as const));

  test.each(cases)('in %s, %j is shown and does nothing', async (place, steering) => {
    const { message, subject, text, html } = await told(PLACES[place]?.(steering));
    // The lines of the message itself are ours.
    const shown = [subject, ...text.split(/\r?\n/), ...html.split(/\r?\n/)].join('');
    expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u200b\u202a-\u202e\u2066-\u2069\ufeff]/u);
    const first = JSON.stringify(steering[0]).slice(1, -1).toLowerCase();
    const escaped = first.length > 1 ? first : `\\u${steering.charCodeAt(0).toString(16).padStart(4, '0')}`;
    expect(text.toLowerCase()).toContain(escaped);
    expect(message?.headers.map(({ key }) => key)).not.toContain('bcc');
    expect(message?.recipients).toEqual(['ops@example.com']);
  });
});

test('the link to verify an address says for whom, until when, and that nothing need be done', async () => {
  await channel().send(
    {
      about: 'link',
      id: 'msg_3',
      tenant: { id: 'ten_1', name: 'Acme\u202e' },
      recipient: {
        address: 'new@example.com',
        unsubscribeUrl: 'https://tidings.example.com/contacts/unsubscribe/t',
      },
      verifyUrl: 'https://tidings.example.com/contacts/verify/t',
      expiresAt: new Date(0),
    },
    never,
  );
  const [message] = mail.received;
  expect(message?.subject).toBe('Acme\\u202e: confirm that Tidings may write to you');
  expect(message?.recipients).toEqual(['new@example.com']);
  for (const part of [message?.text, message?.html]) {
    expect(part).toContain('https://tidings.example.com/contacts/verify/t');
    expect(part).toContain('Thu, 01 Jan 1970');
    expect(part).toContain('need not do anything');
  }
});

test('advises a retry only of a delivery that can be sent again: not of one whose payload is erased', async () => {
  const erased = await told({ deliveries: [failed(1, { isErased: true })] });
  expect(erased.text).toContain('its payload is erased, so it cannot be sent again');
  for (const content of [erased.text, erased.html]) expect(content).not.toMatch(/\/retry|Retry now/);
  const second = await told({ deliveries: [failed(1, { isErased: true }), failed(2)], total: 2 });
  expect(second.text).toContain('/v1/deliveries/dlv_2/retry');
  expect(second.text).not.toContain('/v1/deliveries/dlv_1/retry');
});
