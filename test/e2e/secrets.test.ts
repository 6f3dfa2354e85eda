/** Secrets appear in nothing that Tidings writes, can be rotated without a gap, and can be encrypted again with another key. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Webhook } from 'standardwebhooks';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startProcess } from '../helpers/process.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, apiClient, startTestService, TEST_KEY_RING } from '../helpers/service.ts';

const run = promisify(execFile);
const secretWord = () => randomBytes(18).toString('hex');

/** Every file of the database's cluster, the write-ahead log among them, and every row as text and as bytes. */
async function databaseHolds(db: import('../../src/store/pool.ts').Db, needles: string[]): Promise<string[]> {
  await db.query('checkpoint');
  // The server knows its folder only as the one that it runs in.
  const { rows } = await db.query(`select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`);
  const folder = await realpath(`/proc/${rows[0].pid}/cwd`);
  const patterns = needles.flatMap((needle) => ['-e', needle]);
  const grep = run('grep', ['-rlaF', ...patterns, folder], { maxBuffer: 1 << 24 });
  const files = await grep.then(
    ({ stdout }) => stdout.trim().split('\n'),
    (error: { code: number; stdout: string }) => {
      // 1: nothing was found; 2: a file vanished meanwhile
      if (error.code > 2) throw error;
      return error.stdout.trim().split('\n');
    },
  );
  const found = files.filter((file) => file !== '');
  const { rows: tables } = await db.query(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  for (const { name } of tables) {
    const { rows: all } = await db.query(`select row_to_json(t)::text as row from ${name} t`);
    // Compressed on disk, readable here; bytea is hexadecimal in JSON.
    const text = all
      .map(({ row }) => row + Buffer.from(row.match(/[0-9a-f]{16,}/g)?.join('') ?? '', 'hex'))
      .join('\n');
    for (const needle of needles) if (text.includes(needle)) found.push(`${name}: ${needle}`);
  }
  return found;
}

test('no secret that was used is in the database, its files, a history, the log, the metrics or an answer', async () => {
  const words = Object.fromEntries(
    ['token', 'password', 'bearer', 'header', 'signing', 'rotated'].map((name) => [name, secretWord()]),
  );
  const echo = await startReceiver((response, request) =>
    response
      .writeHead(request.path.includes('fail') ? 500 : 200, {
        'x-echo': String(request.headers.authorization),
      })
      .end(JSON.stringify([request.headers, request.path, request.body.toString()])),
  );
  const database = await createTestDatabase();
  const taskQueue = `test-${randomUUID()}`;
  const tidings = await startProcess('serve', {
    databaseUrl: database.url,
    taskQueue,
    TIDINGS_LOG_LEVEL: 'trace',
  });
  const answers: string[] = [];
  const call: typeof tidings.call = async (...asked) => {
    const answer = await tidings.call(...asked);
    answers.push(answer.text);
    return answer;
  };
  const { body: tenant } = await call('POST', '/v1/tenants', { name: 'Careful' });
  const { body: key } = await tidings.call('POST', '/v1/keys', {
    kind: 'tenant',
    tenant: tenant.id,
    scopes: ['manage'],
  });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const signing = `whsec_${Buffer.from(words.signing ?? '').toString('base64')}`;
  const basic = {
    url: `${echo.url}?key=${words.token}`,
    secret: signing,
    auth: { type: 'basic', username: 'me', password: words.password },
    headers: { 'x-mine': words.header },
    timeout_ms: 5_000,
  };
  const failing = {
    url: `${echo.url}/fail?key=${words.token}`,
    auth: { type: 'bearer', token: words.bearer },
    headers: { 'x-mine': words.header },
    retry_schedule: [],
    timeout_ms: 5_000,
  };
  // Creation shows what was given; from then on nothing does.
  const { body: endpoint } = await tidings.call('POST', base, basic);
  const { body: bad } = await tidings.call('POST', base, failing);
  const rotate = { secret: `whsec_${Buffer.from(words.rotated ?? '').toString('base64')}` };
  await tidings.call('POST', `${base}/${endpoint.id}/secret/rotate`, rotate);
  // Refusals of requests that hold secrets.
  for (const wrong of [
    { ...basic, secret: words.signing },
    { ...basic, headers: { 'x-mine': `${words.header}\n` } },
    { ...basic, headers: { authorization: words.header } },
    { ...basic, url: `https://10.0.0.1/?key=${words.token}` },
    { ...basic, url: `https://user:${words.password}@example.com/` },
    { ...basic, auth: { type: 'basic', username: 'a:b', password: words.password } },
    { ...basic, timeout_ms: 'soon' },
    `{"url":"${words.token}",}`,
  ]) {
    expect((await call('POST', base, wrong)).status).toBeGreaterThanOrEqual(400);
  }
  expect((await apiClient(tidings.url, `${key.key}-wrong`)('GET', base)).text).not.toContain(key.key);
  const { body: event } = await call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  await echo.until(2);
  const ids = event.deliveries.map((delivery: any) => delivery.id);
  let logs: any[];
  do
    logs = await Promise.all(ids.map(async (id: string) => (await call('GET', `/v1/deliveries/${id}`)).body));
  while (logs.some(({ status }) => !['succeeded', 'failed'].includes(status)));
  expect(logs.map(({ status }) => status).sort()).toEqual(['failed', 'succeeded']);
  await call('POST', `${base}/${endpoint.id}/test`, {});
  // Something goes wrong too, so that there is something to log.
  await database.db.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await eventually(
    () => call('POST', `${base}/${bad.id}/test`, {}),
    ({ status }) => status === 200,
  );
  for (const path of [
    base,
    `${base}/${endpoint.id}`,
    `${base}/${bad.id}/stats`,
    '/v1/keys',
    '/v1/audit-log',
  ]) {
    await call('GET', path);
  }
  for (const path of [
    '/v1/operational-events',
    `/v1/deliveries/${ids[0]}/curl`,
    '/metrics',
    '/openapi.json',
  ]) {
    await call('GET', path);
  }
  // The secrets did go out: otherwise there would be nothing to find.
  const sent = JSON.stringify(echo.received.map(({ rawHeaders, path }) => [rawHeaders, path]));
  for (const word of [words.token, words.bearer, words.header]) expect(sent).toContain(word);
  const first = echo.received.find(({ path }) => !path.includes('fail'));
  for (const secret of [signing, rotate.secret])
    new Webhook(secret).verify(first?.body ?? '', first?.headers as never);

  const needles = [
    ...Object.values(words),
    ...[words.signing, words.rotated].map((word) => Buffer.from(word ?? '').toString('base64')),
    Buffer.from(`me:${words.password}`).toString('base64'),
    key.key,
    ADMIN_KEY,
    ...TEST_KEY_RING.map((each) => each.key.toString('base64')),
  ];
  const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
  const client = new Client({ connection });
  const histories = await Promise.all(
    logs.map(async ({ workflow }) =>
      historyToJSON(await client.workflow.getHandle(workflow.id).fetchHistory()),
    ),
  );
  await connection.close();
  expect(histories.join().length).toBeGreaterThan(1_000);
  expect(tidings.log.join('\n')).toMatch(/Server listening.*connection was lost/s);
  for (const [where, text] of Object.entries({
    answers: answers.join('\n'),
    log: tidings.log.join('\n'),
    histories: histories.join('\n'),
  })) {
    expect([where, needles.filter((needle) => text.includes(needle))]).toEqual([where, []]);
  }
  expect(await databaseHolds(database.db, needles)).toEqual([]);
  // What is looked for can be found where it is.
  expect(await databaseHolds(database.db, [tenant.id])).not.toEqual([]);
  await tidings.stop();
}, 120_000);

test('during a rotation both secrets sign; afterwards, and with no overlap, the new one alone', async () => {
  const tidings = await startTestService();
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Rotating' });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const { body: endpoint } = await tidings.call('POST', base, { url: receiver.url });
  const rotate = async (body: object) =>
    (await tidings.call('POST', `${base}/${endpoint.id}/secret/rotate`, body)).body;
  const signersOf = async (...secrets: string[]) => {
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
    await tidings.settled(body.deliveries[0].id);
    const { headers, body: sent } = receiver.received.at(-1) as NonNullable<
      (typeof receiver.received)[number]
    >;
    const verifies = (secret: string) => {
      try {
        return Boolean(new Webhook(secret).verify(sent, headers as never));
      } catch {
        return false;
      }
    };
    return [String(headers['webhook-signature']).split(' ').length, secrets.map(verifies)];
  };
  const first = endpoint.secret;
  const before = Date.now();
  const { secret: second, previous_expires_at: expires } = await rotate({});
  expect(Date.parse(expires) - before).toBeGreaterThanOrEqual(24 * 3600 * 1000);
  expect(await signersOf(first, second)).toEqual([2, [true, true]]);
  const { secret: third } = await rotate({ overlap_seconds: 1 });
  expect(await signersOf(first, second, third)).toEqual([3, [true, true, true]]);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(await signersOf(first, second, third)).toEqual([1, [false, false, true]]);
  const { secret: fourth } = await rotate({ overlap_seconds: 0 });
  expect(await signersOf(third, fourth)).toEqual([1, [false, true]]);
  expect((await tidings.call('GET', `${base}/${endpoint.id}/secret`)).body).toEqual({ secret: fourth });
  const { body: told } = await tidings.call('GET', '/v1/operational-events');
  expect(told.items.filter((item: any) => item.type === 'secret.rotated')).toHaveLength(3);
  expect((await rotate({ overlap_seconds: 7 * 24 * 3600 + 1 })).code).toBe('validation_failed');
  for (let n = 0; n < 4; n += 1) await rotate({});
  expect((await rotate({})).code).toBe('conflict');
  await tidings.stop();
});

test.each([
  ['reading-steps', {}, { overlap_seconds: 60 }, 'profile_rule'],
  ['reading-steps', {}, {}, undefined],
  ['scorm-api', {}, { secret: 'my-own-new-secret' }, undefined],
  ['leah', { url: 'https://example.com/', auth: { type: 'bearer', token: 'abcdef' } }, {}, 'profile_rule'],
  ['lessonly', {}, {}, 'profile_rule'],
])('%s rotates as its contract allows (%j %j)', async (profile, more, body, code) => {
  const tidings = await startTestService();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: profile, profile });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const { body: endpoint } = await tidings.call('POST', base, { url: 'http://127.0.0.1:9999/', ...more });
  const answer = await tidings.call('POST', `${base}/${endpoint.id}/secret/rotate`, body);
  expect(answer.body.code).toBe(code);
  if (code === undefined) expect(answer.body.secret).not.toBe(endpoint.secret);
  await tidings.stop();
});

test('a new encryption key: re-encrypt moves everything to it, and then the old one can go', async () => {
  const tidings = await startTestService();
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Moving' });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const { body: endpoint } = await tidings.call('POST', base, { url: `${receiver.url}?key=kept-secret` });
  const { body: event } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, {
    type: 'a.b',
    data: {},
  });
  await tidings.settled(event.deliveries[0].id);

  const ring = (...keys: [string, number][]) =>
    keys.map(([id, byte]) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`).join(',');
  const reencrypt = (keys: string) =>
    run(process.execPath, [join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js'), 're-encrypt'], {
      env: {
        ...process.env,
        DATABASE_URL: tidings.database.url,
        TIDINGS_ADMIN_KEY: ADMIN_KEY,
        TIDINGS_ENCRYPTION_KEYS: keys,
      },
    });
  const { stdout } = await reencrypt(ring(['fresh', 8], ['test', 7]));
  expect(stdout).toBe('2 re-encrypted, 0 were so already.\n');
  expect((await reencrypt(ring(['fresh', 8]))).stdout).toBe('0 re-encrypted, 2 were so already.\n');
  await expect(reencrypt(ring(['lost', 9]))).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(endpoint.id),
  });
  const later = await startProcess('serve', {
    databaseUrl: tidings.database.url,
    taskQueue: `test-${randomUUID()}`,
    TIDINGS_ENCRYPTION_KEYS: ring(['fresh', 8]),
  });
  expect((await later.call('GET', `${base}/${endpoint.id}/secret`)).body).toEqual({
    secret: endpoint.secret,
  });
  const path = `/v1/deliveries/${event.deliveries[0].id}?reveal=true`;
  expect((await later.call('GET', path)).body.attempts[0].request.url).toContain('kept-secret');
  await later.stop();
  await tidings.stop();
});
