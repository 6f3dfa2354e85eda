/** The conformance suite of channels: every channel of the registry is tested here, a new one without an edit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChannelMeans } from '../../src/channels/channel.ts';
import { channelOfContact, contactAddress } from '../../src/channels/contacts.ts';
import { CHANNELS, createChannel, createChannels } from '../../src/channels/index.ts';
import { environmentSchema, readEnvironment } from '../../src/config/environment.ts';
import { MASK } from '../../src/domain/endpoint.ts';
import type { Channel, EndpointMessage, LinkMessage } from '../../src/domain/notification.ts';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender } from '../../src/http/send.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { type MailServer, startMailServer } from '../helpers/mail-server.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { LOOPBACK } from '../helpers/service.ts';

const sender = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK }) });
let mail: MailServer;
let receiver: Receiver;
let warnings: { fields: object; message: string }[];
beforeAll(async () => {
  mail = await startMailServer();
});
beforeEach(async () => {
  mail.received.length = 0;
  warnings = [];
  receiver = await startReceiver();
});
afterAll(async () => {
  await mail?.close();
  await sender.close();
});

const means: ChannelMeans = {
  warn: (fields, message) => warnings.push({ fields, message }),
  publicUrl: () => 'https://tidings.example.com',
  dashboardUrl: () => null,
  async post(request) {
    const sent = await sender.send(request);
    if ('fault' in sent) return { failure: sent.fault };
    return sent.response ?? { failure: sent.error?.message ?? '' };
  },
};

/** The settings of the trials of these channels, as a process reads them. */
function trialOf(files = Object.values(CHANNELS), servers = { mailUrl: mail.url, httpUrl: receiver.url }) {
  return readEnvironment(Object.assign({}, ...files.map((file) => file.trial(servers))));
}

const delivery = {
  deliveryId: 'dlv_1',
  eventId: 'evt_1',
  eventType: 'lesson.completed',
  attemptCount: 4,
  lastError: 'http_status',
  lastResponseStatus: 500,
  failedAt: new Date(0),
  isRetried: false,
  isErased: false,
};
const UNSUBSCRIBE = 'https://tidings.example.com/contacts/unsubscribe/t';
const common: EndpointMessage = {
  about: 'endpoint',
  id: 'msg_1',
  recipient: null,
  tenant: { id: 'ten_1', name: 'Acme' },
  endpoint: {
    ...{ id: 'ep_1', maskedUrl: 'https://crm.example.com/hook', stalled: false, disabled: false },
    ...{ deleted: false, failingSince: null, switchOffAt: null, asOf: new Date(0) },
  },
  deliveries: [delivery],
  total: 1,
  changes: [],
  changesTotal: 0,
};
const never = new AbortController().signal;

/** What people were told, whichever way. */
const told = () =>
  JSON.stringify([mail.received, warnings, receiver.received.map(({ path, body }) => [path, `${body}`])]);

describe.each(Object.entries(CHANNELS))('the channel %s', (name, file) => {
  const address = file.contacts?.examples[0] ?? 'ops@example.com';
  const notice = { ...common, recipient: { address, unsubscribeUrl: UNSUBSCRIBE } };
  const channel = (): Channel | null => createChannel(file, trialOf([file]), means);

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

  test('says whom it tells and how, and what its variables are for', () => {
    expect(file.description).toMatch(/^[A-Z].{20,}\.$/);
    const page = readFileSync(join(PACKAGE_ROOT, 'docs', 'configuration.md'), 'utf8');
    expect(page).toContain(`| \`${name}\` | the ${file.audience} |`);
    for (const [variable, schema] of Object.entries(file.variables)) {
      expect(Object.keys(environmentSchema.shape)).toContain(variable);
      expect(page).toContain(`| \`${variable}\` |`);
      expect((schema as { description?: string }).description).toMatch(/^[A-Z].{10,}\.$/);
    }
  });

  test('shows no secret and no address when it cannot send', async () => {
    const nowhere = {
      mailUrl: 'smtp://user:s3cret-word@127.0.0.1:1',
      httpUrl: 'http://127.0.0.1:1/s3cret-word',
    };
    const cut = createChannel(file, trialOf([file], nowhere), means);
    const outcome = JSON.stringify(await cut?.send(notice, never));
    expect(outcome).not.toContain('s3cret-word');
    expect(outcome).not.toContain(address);
  });

  test('shows no address that the other side repeats, and takes a throw for an outcome', async () => {
    const broken = {
      ...file,
      create: () => ({ send: () => Promise.reject(new Error(`no mailbox ${address}`)) }),
    };
    const outcome = await createChannel(broken, trialOf([file]), means)?.send(notice, never);
    expect(outcome).toEqual({ outcome: 'unsure', reason: expect.stringMatching(/^no mailbox /) });
    expect(JSON.stringify(outcome)).not.toContain(address);
  });

  test('takes contacts of its own shape exactly where contacts are its audience', async () => {
    expect(file.contacts !== undefined).toBe(file.audience === 'contacts');
    for (const example of file.contacts?.examples ?? []) {
      expect(contactAddress.parse(example)).toBe(example);
      expect(channel()?.takes(example)).toBe(true);
      expect(channelOfContact(example)).toBe(name);
      expect(file.contacts?.mask(example)).toContain(MASK);
      expect(file.contacts?.mask(example)).not.toContain(example);
    }
    if (file.audience === 'operator') expect(channel()?.takes(address)).toBe(false);
  });

  if (file.audience === 'contacts') {
    test('sends a contact the link that it must confirm', async () => {
      const link: LinkMessage = {
        about: 'link',
        id: 'msg_1',
        tenant: { id: 'ten_1', name: 'Acme' },
        recipient: { address, unsubscribeUrl: UNSUBSCRIBE },
        verifyUrl: 'https://tidings.example.com/contacts/verify/v',
        expiresAt: new Date(0),
      };
      await expect(channel()?.send(link, never)).resolves.toEqual({ outcome: 'sent' });
      expect(told()).toContain('contacts/verify/v');
    });
  }
});

test('no two channels read the same variable, and none is one of Tidings itself', () => {
  const names = Object.values(CHANNELS).flatMap(({ variables }) => Object.keys(variables));
  expect(names).toEqual([...new Set(names)]);
  expect(names.filter((variable) => /^(DATABASE_URL|TEMPORAL_|OTEL_)/.test(variable))).toEqual([]);
});

test('an address that no channel takes is no contact', () => {
  expect(contactAddress.safeParse('nobody').success).toBe(false);
  expect(channelOfContact('nobody')).toBeNull();
});

test('without a mail server there is the log, and only that', () => {
  expect(createChannels(readEnvironment({}), means).map(({ name }) => name)).toEqual(['log']);
});

test('with a mail server every channel works', () => {
  expect(createChannels(trialOf(), means).map(({ name }) => name)).toEqual(Object.keys(CHANNELS));
});
