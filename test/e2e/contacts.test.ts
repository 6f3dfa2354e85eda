/**
 * Contacts: nobody gets messages without having agreed, everybody can end them, and nobody is flooded, whatever a tenant does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { type Mail, type MailServer, startMailServer } from '../helpers/mail-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { apiClient, startTestService, type TestService } from '../helpers/service.ts';

let mail: MailServer;
let tidings: TestService;
beforeAll(async () => {
  mail = await startMailServer();
  tidings = await startTestService({ SMTP_URL: mail.url });
});
beforeEach(() => {
  mail.received.length = 0;
  mail.refuse({});
});
afterAll(async () => {
  await tidings?.stop();
  await mail?.close();
});

/** A tenant, with the key that it has itself. */
async function makeTenant(body: object = {}, on = tidings) {
  const { body: tenant } = await on.call('POST', '/v1/tenants', { name: 'Acme <b>', ...body });
  const { body: key } = await on.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['manage', 'emit'],
  });
  const own = apiClient(on.url, key.key);
  const path = `/v1/tenants/${tenant.id}`;
  const set = (contacts: string[], call = own) => call('PATCH', path, { contacts });
  const states = async () =>
    Object.fromEntries(
      (await own('GET', path)).body.contact_states.map((each: any) => [each.address, each.state]),
    );
  const sendLink = (address: string) => own('POST', `${path}/contacts/send-link`, { address });
  return { id: tenant.id as string, path, own, set, states, sendLink };
}

/** Its one delivery is given up at once. */
async function exhaust(tenant: { path: string }, url: string, on = tidings): Promise<string> {
  const { body: endpoint } = await on.call('POST', `${tenant.path}/endpoints`, { url, retry_schedule: [] });
  const { body } = await on.call('POST', `${tenant.path}/events`, { type: 'a.b', data: {} });
  return body.deliveries.find((each: any) => each.endpoint_id === endpoint.id).id;
}

const to = (address: string) => mail.received.filter(({ recipients }) => recipients.includes(address));
const arrived = async (address: string, count = 1): Promise<Mail> => {
  await eventually(
    () => to(address).length,
    (found) => found >= count,
  );
  return to(address)[count - 1] as Mail;
};
const linkIn = (message: Mail, name: string) =>
  new RegExp(`http://\\S+/contacts/${name}/[\\w.-]+`).exec(message.text ?? '')?.[0] ?? 'none';
const header = (message: Mail, name: string) => message.headers.find(({ key }) => key === name)?.value ?? '';
const unsubscribeIn = (message: Mail) => header(message, 'list-unsubscribe').slice(1, -1);

test('a contact that a tenant sets gets a link and nothing else, until its button is pressed', async () => {
  const receiver = await startReceiver(500);
  const tenant = await makeTenant();
  expect((await tenant.set(['new@example.com'])).body).toMatchObject({
    contacts: ['new@example.com'],
    contact_states: [{ address: 'new@example.com', state: 'pending' }],
  });
  const asked = await arrived('new@example.com');
  expect(asked.subject).toContain('confirm');
  await tidings.settled(await exhaust(tenant, receiver.url));
  await sleep(3_000);
  expect(to('new@example.com')).toHaveLength(1);

  const link = linkIn(asked, 'verify');
  for (const method of ['GET', 'HEAD', 'GET']) {
    const page = await fetch(link, { method });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    if (method === 'GET')
      expect(await page.text()).toMatch(
        /<form method="post".*Acme &#60;b&#62;|Acme &#60;b&#62;.*<form method="post"/s,
      );
  }
  expect(await tenant.states()).toEqual({ 'new@example.com': 'pending' });
  expect((await fetch(link, { method: 'POST' })).status).toBe(200);
  expect(await tenant.states()).toEqual({ 'new@example.com': 'verified' });
  // It was good for once.
  for (const method of ['GET', 'POST']) expect((await fetch(link, { method })).status).toBe(404);

  await exhaust(tenant, receiver.url);
  expect((await arrived('new@example.com', 2)).subject).toContain('could not be delivered');
}, 60_000);

test("an admin key's contacts are trusted at once, and verify what a tenant has set", async () => {
  const tenant = await makeTenant({ contacts: ['ops@example.com'] });
  expect(await tenant.states()).toEqual({ 'ops@example.com': 'verified' });
  await tenant.set(['ops@example.com', 'mine@example.com']);
  expect(await tenant.states()).toEqual({ 'ops@example.com': 'verified', 'mine@example.com': 'pending' });
  await tenant.set(['OPS@example.com', 'mine@example.com'], tidings.call);
  expect(await tenant.states()).toEqual({ 'OPS@example.com': 'verified', 'mine@example.com': 'verified' });
});

test('one click unsubscribes a contact; that holds whatever the tenant does, and only the owner of the address undoes it', async () => {
  const receiver = await startReceiver(500);
  const tenant = await makeTenant({ contacts: ['tired@example.com', 'other@example.com'] });
  await exhaust(tenant, receiver.url);
  const notice = await arrived('tired@example.com');
  expect(header(notice, 'list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
  const link = unsubscribeIn(notice);
  const otherLink = unsubscribeIn(await arrived('other@example.com'));
  expect(otherLink).not.toBe(link);

  expect((await fetch(link)).status).toBe(200);
  expect((await tenant.states())['tired@example.com']).toBe('verified');
  const click = { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
  const answer = await fetch(link, click);
  expect(answer.status).toBe(200);
  expect((await fetch(link, click)).status).toBe(200);
  const form = new FormData();
  form.set('List-Unsubscribe', 'One-Click');
  expect((await fetch(link, { method: 'POST', body: form })).status).toBe(200);
  expect(await tenant.states()).toEqual({
    'tired@example.com': 'unsubscribed',
    'other@example.com': 'verified',
  });

  await tenant.set([]);
  await tenant.set(['tired@example.com']);
  await tenant.set(['Tired@Example.com'], tidings.call);
  expect(await tenant.states()).toEqual({ 'Tired@Example.com': 'unsubscribed' });
  expect((await tenant.sendLink('tired@example.com')).status).toBe(409);
  await tidings.settled(await exhaust(tenant, receiver.url));
  await sleep(3_000);
  expect(to('tired@example.com')).toHaveLength(1);
  expect(to('Tired@Example.com')).toEqual([]);

  const again = /action="([^"]+)"/.exec(await answer.text())?.[1] ?? '';
  expect((await fetch(new URL(again, link))).status).toBe(200);
  expect(await tenant.states()).toEqual({ 'Tired@Example.com': 'unsubscribed' });
  expect((await fetch(new URL(again, link), { method: 'POST' })).status).toBe(200);
  expect(await tenant.states()).toEqual({ 'Tired@Example.com': 'verified' });
}, 60_000);

test('a token opens nothing but what it is for', async () => {
  const tenant = await makeTenant();
  await tenant.set(['new@example.com']);
  const asked = await arrived('new@example.com');
  const verify = linkIn(asked, 'verify');
  const unsubscribe = unsubscribeIn(asked);
  const changed = (link: string, at: number) =>
    link.slice(0, at) +
    (link.at(at) === 'A' ? 'B' : 'A') +
    link.slice(at < 0 ? link.length + at + 1 : at + 1);
  for (const link of [
    verify.replace('/verify/', '/unsubscribe/'),
    verify.replace('/verify/', '/resubscribe/'),
    unsubscribe.replace('/unsubscribe/', '/verify/'),
    unsubscribe.replace('/unsubscribe/', '/resubscribe/'),
    changed(verify, -2),
    changed(unsubscribe, -20),
    `${tidings.url}/contacts/verify/x`,
    `${tidings.url}/contacts/verify/${'con_01m8e6m5p6fk4bvvmdqj2d1mr2'}..${'A'.repeat(43)}`,
    `${tidings.url}/contacts/unsubscribe/%00`,
  ]) {
    for (const method of ['GET', 'POST']) expect((await fetch(link, { method })).status).toBe(404);
  }
  expect(await tenant.states()).toEqual({ 'new@example.com': 'pending' });
});

test('the link can be sent again after a while, and then the link before it does not work', async () => {
  const tenant = await makeTenant();
  await tenant.set(['slow@example.com']);
  const first = linkIn(await arrived('slow@example.com'), 'verify');
  const tooSoon = await eventually(
    () => tenant.sendLink('slow@example.com'),
    ({ status }) => status === 429,
  );
  expect(Number(tooSoon.headers.get('retry-after'))).toBeGreaterThan(200);
  await tidings.database.db.query(`update messages set created_at = created_at - interval '10 minutes'`);
  expect((await tenant.sendLink('slow@example.com')).status).toBe(202);
  const second = linkIn(await arrived('slow@example.com', 2), 'verify');
  expect((await fetch(first, { method: 'POST' })).status).toBe(404);
  expect((await fetch(second, { method: 'POST' })).status).toBe(200);
  expect((await tenant.sendLink('slow@example.com')).status).toBe(409);
  expect((await tenant.sendLink('nobody@example.com')).status).toBe(404);
});

test('an address gets five verification links a day, however often a tenant sets it, and however it is spelled', async () => {
  const tenant = await makeTenant();
  for (let n = 0; n < 12; n += 1) {
    await tenant.set([`victim+${n}@example.com`]);
    await eventually(
      () =>
        tidings.database.db.query(
          `select from messages where endpoint_id = '' and tenant_id = $1 and due_at <= now() and settled_at is null`,
          [tenant.id],
        ),
      ({ rowCount }) => rowCount === 0,
    );
  }
  const links = mail.received.filter(({ recipients: [address = ''] }) => address.startsWith('victim'));
  expect(links).toHaveLength(5);
  expect(await tenant.sendLink('victim+11@example.com')).toMatchObject({ status: 429 });
}, 60_000);

test('more contacts than allowed are refused; the same contact twice counts once', async () => {
  const tenant = await makeTenant();
  const many = Array.from({ length: 21 }, (_, n) => `many-${n}@example.com`);
  expect(await tenant.set(many)).toMatchObject({ status: 422, body: { code: 'limit_reached' } });
  expect((await tenant.set(['a@example.com', 'A@example.com'])).body.contacts).toEqual(['a@example.com']);
});

test('an endpoint that is switched off and on without end makes one message, whatever its tenant does', async () => {
  const receiver = await startReceiver(410);
  const addresses = Array.from({ length: 20 }, (_, n) => `storm-${n}@example.com`);
  const tenant = await makeTenant({ contacts: addresses.slice(0, 10) });
  await tenant.set(addresses);
  const { body: endpoint } = await tenant.own('POST', `${tenant.path}/endpoints`, { url: receiver.url });
  const until = Date.now() + 12_000;
  let rounds = 0;
  for (; Date.now() < until || rounds < 5; rounds += 1) {
    await tenant.own('PATCH', `${tenant.path}/endpoints/${endpoint.id}`, { enabled: true });
    const { body } = await tenant.own('POST', `${tenant.path}/events`, { type: 'a.b', data: {} });
    await tidings.settled(body.deliveries[0].id);
  }
  await sleep(3_000);
  for (const address of addresses.slice(0, 10)) expect(to(address)).toHaveLength(1);
  for (const address of addresses.slice(10)) {
    expect(to(address).map(({ subject = '' }) => /confirm/.test(subject))).toEqual([true]);
  }
  // What was not said is said in the next one.
  await tidings.database.db.query(`update messages set settled_at = settled_at - interval '1 day'`);
  await tidings.database.db.query('update messages set due_at = now() where settled_at is null');
  const digest = await arrived('storm-0@example.com', 2);
  expect(digest.subject).toMatch(/was switched off, and \d+ events could not be delivered/);
  expect(digest.text).toMatch(/last of \d+ changes/);
}, 120_000);

test('of three contacts one is refused for good, one for now: the third is told once, and each outcome is known', async () => {
  const receiver = await startReceiver(500);
  const names = ['gone@example.com', 'full@example.com', 'fine@example.com'];
  const tenant = await makeTenant({ contacts: names });
  mail.refuse({ 'gone@example.com': 550, 'full@example.com': 451 });
  const id = await exhaust(tenant, receiver.url);
  await arrived('fine@example.com');
  const states = await eventually(tenant.states, (found) => found['gone@example.com'] !== 'verified');
  expect(states).toEqual({
    'gone@example.com': 'undeliverable',
    'full@example.com': 'verified',
    'fine@example.com': 'verified',
  });
  const { body: said } = await tenant.own('GET', '/v1/operational-events');
  const event = said.items.find(({ type }: any) => type === 'contact.undeliverable');
  const { body } = await tenant.own('GET', tenant.path);
  expect(event.data).toEqual({ contact_id: body.contact_states[0].id, code: '550' });
  expect(body.contact_states[0]).toMatchObject({ refusal: '550' });
  mail.refuse({});
  expect((await arrived('full@example.com')).text).toContain(id);
  await eventually(
    () => tidings.database.db.query('select from deliveries where id = $1 and told_at is not null', [id]),
    ({ rowCount }) => rowCount === 1,
  );
  expect(to('fine@example.com')).toHaveLength(1);
  expect(to('gone@example.com')).toEqual([]);
  const metrics = await (await fetch(`${tidings.url}/metrics`)).text();
  expect(metrics).toMatch(/tidings_notices_total\{channel="email",result="refused"\} 1/);

  // Its owner has made room: a link, and it is back.
  expect((await tenant.sendLink('gone@example.com')).status).toBe(202);
  const link = linkIn(await arrived('gone@example.com'), 'verify');
  await fetch(link, { method: 'POST' });
  expect((await tenant.states())['gone@example.com']).toBe('verified');
}, 60_000);

test('a contact that the mail server refuses for now, for two days, gets no more messages', async () => {
  const receiver = await startReceiver(500);
  const tenant = await makeTenant({ contacts: ['grey@example.com'] });
  mail.refuse({ 'grey@example.com': 451 });
  const id = await exhaust(tenant, receiver.url);
  const { db } = tidings.database;
  await eventually(
    () => db.query('select from messages where tenant_id = $1 and deferrals > 1', [tenant.id]),
    ({ rowCount }) => rowCount === 1,
  );
  await db.query(
    `update messages set deferred_since = now() - interval '49 hours', due_at = now() where tenant_id = $1 and settled_at is null`,
    [tenant.id],
  );
  await eventually(tenant.states, (found) => found['grey@example.com'] === 'undeliverable');
  const { rows } = await db.query('select told_at is not null as told from deliveries where id = $1', [id]);
  expect(rows).toEqual([{ told: true }]);
}, 60_000);

test('erasing a tenant erases its contacts, and their links open nothing', async () => {
  const tenant = await makeTenant();
  await tenant.set(['erase-me@example.com']);
  const asked = await arrived('erase-me@example.com');
  const { body: operation } = await tidings.call('POST', `${tenant.path}/erase`);
  await eventually(
    async () => (await tidings.call('GET', `/v1/operations/${operation.id}`)).body.status,
    (status) => status === 'completed',
  );
  const { rows } = await tidings.database.db.query('select from contacts where tenant_id = $1', [tenant.id]);
  expect(rows).toEqual([]);
  for (const link of [linkIn(asked, 'verify'), unsubscribeIn(asked)])
    expect((await fetch(link, { method: 'POST' })).status).toBe(404);
});

test.each([
  ['all', 'pending', 'pending'],
  ['none', 'verified', 'verified'],
])(
  'with TIDINGS_VERIFY_CONTACTS=%s an admin key sets %s contacts, a tenant key %s ones',
  async (verify, byAdmin, byTenant) => {
    const other = await startTestService({ SMTP_URL: mail.url, TIDINGS_VERIFY_CONTACTS: verify });
    const tenant = await makeTenant({ contacts: ['admin@example.com'] }, other);
    await tenant.set(['admin@example.com', 'tenant@example.com']);
    expect(await tenant.states()).toEqual({ 'admin@example.com': byAdmin, 'tenant@example.com': byTenant });
    await other.stop();
  },
  60_000,
);
