/**
 * Credentials that must be obtained before a request can be made: by a scheme that asks a token server through Tidings' own sender.
 * No scheme of the registry does that yet, so the test registers one.
 */

import { z } from 'zod';
import { parseSecrets } from '../../src/domain/endpoint.ts';
import { ATTEMPT_ERRORS } from '../../src/domain/errors.ts';
import { AuthorizationError, authorizationHeader, authScheme } from '../../src/signing/auth-scheme.ts';
import { AUTH_SCHEMES, isStoredAuth } from '../../src/signing/index.ts';
import { createVault } from '../../src/store/vault.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { startTestService, TEST_KEY_RING, type TestService } from '../helpers/service.ts';

const CLIENT_SECRET = 'the-secret-of-the-client';

/** Asks `token_url` for a token that is good for a minute, or does what goes wrong. */
AUTH_SCHEMES.ticket = authScheme({
  type: 'ticket',
  title: 'Ticket',
  description: 'A ticket from a token server.',
  fields: { token_url: z.url(), client_secret: z.string(), fault: z.string().optional() },
  openFields: ['token_url', 'fault'],
  examples: [{ token_url: 'https://tokens.example.com/', client_secret: CLIENT_SECRET }],
  async authorize({ token_url: url, client_secret, fault }, means) {
    if (fault === 'waits') await new Promise((resolve) => means.signal.addEventListener('abort', resolve));
    if (fault === 'throws') JSON.parse(`${client_secret} is no JSON`);
    const token = await means.cached(async () => {
      const asked = Buffer.from(JSON.stringify({ client_secret, at: means.nowMs() }));
      const { status, body } = await means.post({ url, headers: [['accept', 'text/plain']], body: asked });
      if (status !== 200) {
        throw new AuthorizationError(`The token server answered ${status} to ${client_secret}: ${body}`);
      }
      return { value: body.toString(), forMs: 60_000 };
    });
    return authorizationHeader('Bearer ', token);
  },
  outline: () => authorizationHeader('Bearer ', '<token>'),
});

let tidings: TestService;
let tokens: Receiver;
/** answers with a new ticket each time */
let issued = 0;
const issue = (response: { end(text: string): unknown }) => {
  issued += 1;
  response.end(`ticket-number-${issued}`);
};

beforeAll(async () => {
  tidings = await startTestService();
});
beforeEach(async () => {
  issued = 0;
  tokens = await startReceiver(issue);
});
afterAll(() => tidings?.stop());

/** An endpoint of a new tenant with the test's scheme, which the API does not take. */
async function subscribe(endpoint: object, auth: object = {}): Promise<{ emit: () => Promise<string> }> {
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Customer' });
  const { body: made } = await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, endpoint);
  const vault = createVault(TEST_KEY_RING);
  const { rows } = await tidings.database.db.query('select sealed from endpoints where id = $1', [made.id]);
  const secrets = parseSecrets(vault.open(rows[0].sealed, made.id), isStoredAuth);
  const changed = {
    ...secrets,
    auth: { type: 'ticket', token_url: tokens.url, client_secret: CLIENT_SECRET, ...auth },
  };
  await tidings.database.db.query('update endpoints set sealed = $2 where id = $1', [
    made.id,
    vault.seal(JSON.stringify(changed), made.id),
  ]);
  const emit = async () => {
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
    return body.deliveries[0].id as string;
  };
  return { emit };
}

const authorizationsOf = (receiver: Receiver) =>
  receiver.received.map(({ headers }) => headers.authorization);

test('a credential is obtained once for all deliveries of an endpoint, and no log shows it', async () => {
  const receiver = await startReceiver((response, { headers }) =>
    response.writeHead(200).end(`you are ${headers.authorization}`),
  );
  const { emit } = await subscribe({ url: receiver.url, timeout_ms: 50_000 });
  const ids = await Promise.all(Array.from({ length: 20 }, emit));
  const deliveries = await Promise.all(ids.map((id) => tidings.settled(id)));
  expect(deliveries.map(({ status }) => status)).toEqual(ids.map(() => 'succeeded'));
  expect(new Set(authorizationsOf(receiver))).toEqual(new Set(['Bearer ticket-number-1']));
  expect(tokens.received).toHaveLength(1);
  expect(JSON.parse(tokens.received[0]?.body.toString() ?? '')).toMatchObject({
    client_secret: CLIENT_SECRET,
  });
  const [attempt] = deliveries[0].attempts;
  expect(attempt.request.headers).toMatchObject({ authorization: 'Bearer ••••' });
  expect(attempt.response.body).toBe('you are ••••');
  expect(JSON.stringify(deliveries)).not.toContain('ticket-number');
});

test('a credential that the receiver refuses is obtained anew', async () => {
  const receiver = await startReceiver(401, 200);
  const { emit } = await subscribe({ url: receiver.url, timeout_ms: 50_000, retry_schedule: [0] });
  const delivery = await tidings.settled(await emit());
  expect(delivery.status).toBe('succeeded');
  expect(authorizationsOf(receiver)).toEqual(['Bearer ticket-number-1', 'Bearer ticket-number-2']);
});

test('an attempt without its credential fails by name, is retried like any other, and shows no secret', async () => {
  const receiver = await startReceiver();
  tokens.answer(503, issue);
  const { emit } = await subscribe({ url: receiver.url, timeout_ms: 50_000, retry_schedule: [0] });
  const delivery = await tidings.settled(await emit());
  expect(delivery.status).toBe('succeeded');
  expect(delivery.attempts).toMatchObject([
    {
      request: null,
      response: null,
      error: {
        code: 'authorization_failed',
        message: 'The token server answered 503 to ••••: answered 503',
      },
    },
    { response: { status: 200 }, error: null },
  ]);
  expect(receiver.received).toHaveLength(1);
  expect(JSON.stringify(delivery)).not.toContain(CLIENT_SECRET);
});

test.each([
  ['waits for ever', { fault: 'waits' }, 500, /^The credentials were not obtained within 500 ms\.$/],
  ['breaks on what it reads', { fault: 'throws' }, 10_000, ATTEMPT_ERRORS.authorization_failed],
  [
    'asks where nobody may be asked',
    { token_url: 'http://10.1.2.3/token' },
    10_000,
    /^10\.1\.2\.3: .*not dialled/,
  ],
  ['asks where nobody is', { token_url: 'http://127.0.0.1:1/token' }, 10_000, /^127\.0\.0\.1:1: /],
])('a scheme that %s ends its attempt, in time', async (_what, auth, timeout_ms, message) => {
  const receiver = await startReceiver();
  const { emit } = await subscribe({ url: receiver.url, timeout_ms, retry_schedule: [] }, auth);
  const delivery = await tidings.settled(await emit());
  expect(delivery).toMatchObject({ status: 'failed', last_error: 'authorization_failed', attempt_count: 1 });
  const [{ error }] = delivery.attempts;
  expect(error.message).toEqual(expect.stringMatching(message));
  expect(receiver.received).toHaveLength(0);
});

test('the curl command has a placeholder, and asks nobody', async () => {
  const receiver = await startReceiver();
  const { emit } = await subscribe({ url: receiver.url, timeout_ms: 50_000 });
  const id = await emit();
  await tidings.settled(id);
  const masked = await tidings.call('GET', `/v1/deliveries/${id}/curl`);
  expect(masked.text).toContain("-H 'authorization: Bearer ••••'");
  const revealed = await tidings.call('GET', `/v1/deliveries/${id}/curl?reveal=true`);
  expect(revealed.text).toContain("-H 'authorization: Bearer <token>'");
  expect(tokens.received).toHaveLength(1);
});
