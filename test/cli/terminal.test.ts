/**
 * Output to the terminal holds no control characters, is no longer than fits, and does not crash the command when the terminal
 * goes away.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { drawTable } from '../../src/cli/tables.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { MAIN, runCli, startCli } from '../helpers/cli.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

const HOSTILE = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp\u2066\u200f\u0085\u007f';
const STEERING = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

let tidings: TestService;
beforeAll(async () => {
  tidings = await startTestService();
});
afterAll(() => tidings?.stop());

const cli = (...args: string[]) => runCli([...args, '--url', tidings.url]);

describe('text from outside', () => {
  let delivery: string;
  let tenant: any;
  beforeAll(async () => {
    const receiver = await startReceiver((response) => {
      response.writeHead(500, { 'x-evil': 'yes' }).end(`${HOSTILE}\r\nsecond line`);
    });
    ({ body: tenant } = await tidings.call('POST', '/v1/tenants', { name: `Evil ${HOSTILE} name` }));
    await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
      url: receiver.url,
      retry_schedule: [],
    });
    const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
    delivery = body.deliveries[0].id;
    await tidings.settled(delivery);
    // Types are well-formed today; rows of another day, or of another version, need not be.
    await tidings.database.db.query('update deliveries set event_type = $2 where id = $1', [
      delivery,
      `a${HOSTILE}`,
    ]);
    await receiver.close();
  });

  test.each([
    ['the list', () => ['deliveries']],
    ['the log', () => ['deliveries', delivery]],
    ['a refusal', () => ['deliveries', HOSTILE]],
    ['a wrong option', () => ['deliveries', '--status', HOSTILE]],
    ['an unknown option', () => ['deliveries', `--${HOSTILE}`]],
  ])('is shown in %s, and steers nothing', async (_what, args) => {
    const { stdout, stderr } = await cli(...args());
    expect(stdout + stderr).toContain('\\u001b[2J');
    expect(stdout + stderr).not.toMatch(STEERING);
  });

  test('is shown by listen, in bodies and headers', async () => {
    const run = startCli(['listen']);
    await run.until('Ctrl-C ends it.');
    const [url = ''] = /http:\S+/.exec(run.stdout()) ?? [];
    await fetch(url, {
      method: 'POST',
      body: `first ${HOSTILE}\nsecond`,
      headers: { 'webhook-id': 'a\u009bb' },
    });
    await run.until('second');
    run.signal('SIGTERM');
    await run.ended;
    expect(run.stdout()).toContain('first \\u001b[2J');
    expect(run.stdout()).toContain('\nsecond\n');
    expect(run.stdout()).toContain('a\\u009bb');
    expect(run.stdout()).not.toMatch(STEERING);
  });
});

test('every print of the commands goes through the one place that makes text visible', () => {
  const folder = join(PACKAGE_ROOT, 'src', 'cli');
  const printing = readdirSync(folder).filter((file) =>
    /console\.|\.(stdout|stderr)\.(write|end)|pipe\(process/.test(readFileSync(join(folder, file), 'utf8')),
  );
  expect(printing).toEqual(['output.ts']);
});

describe('lists', () => {
  test('go to their end, or say that there are more', async () => {
    const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'First of many' });
    await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
      url: 'http://127.0.0.1:54321/',
    });
    const events = Array.from({ length: 230 }, () => ({ type: 'a.b', data: {} }));
    const batch = await tidings.call('POST', `/v1/tenants/${tenant.id}/events/batch`, { events });
    expect(batch.status).toBe(202);
    // Newer tenants than one page of them holds.
    for (let at = 0; at < 210; at += 1) await tidings.call('POST', '/v1/tenants', { name: `Later ${at}` });
    const count = (text: string) => text.split('\n').filter((line) => line.includes('dlv_')).length;
    const all = await cli('deliveries', '--limit', '1000');
    expect(count(all.stdout)).toBe(231);
    expect(all.stderr).toBe('');
    const some = await cli('deliveries', '--limit', '205');
    expect(count(some.stdout)).toBe(205);
    expect(some.stderr).toMatch(/^Older ones are left out: --limit 410/);
    expect(some.stdout).toContain('First of many');
    const exact = await cli('deliveries', '--tenant', tenant.id, '--limit', '230');
    expect([count(exact.stdout), exact.stderr]).toEqual([230, '']);
  }, 120_000);

  test("with a tenant's key: those of the tenant", async () => {
    const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Own key' });
    const { body } = await tidings.call('POST', '/v1/keys', {
      kind: 'tenant',
      tenant: tenant.id,
      scopes: ['read'],
    });
    const { stdout, status } = await cli('deliveries', '--key', body.key);
    expect([stdout, status]).toEqual(['No deliveries.\n', 0]);
  });
});

describe('a pipe that is closed', () => {
  const shell = (script: string) =>
    new Promise<{ stdout: string; stderr: string }>((resolve) => {
      const child = spawn('/bin/bash', ['--norc', '-c', script, process.execPath, MAIN, tidings.url], {
        env: { PATH: process.env.PATH, TIDINGS_API_KEY: ADMIN_KEY },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      child.once('close', () => resolve({ stdout, stderr }));
    });

  test.each([
    ['head -1', 'deliveries --limit 500', '0'],
    ['head -c 0', 'deliveries --limit 500', '0'],
    ['true', '--help', '0'],
    ['true', 'deliveries --help', '0'],
    ['true', 'emit a.b -t nobody -d 1', '1'],
  ])('| %s: %s ends in silence', async (reader, args, status) => {
    const { stdout, stderr } = await shell(
      `"$0" "$1" ${args} --url "$2" | ${reader}; echo "status \${PIPESTATUS[0]}"`,
    );
    expect(stdout).toMatch(new RegExp(`status ${status}\n$`));
    expect(stderr).not.toMatch(/EPIPE|\n\s+at /);
  });

  test('a disk that is full is said', async () => {
    const { stdout, stderr } = await shell('"$0" "$1" deliveries --url "$2" > /dev/full; echo "status $?"');
    expect([stdout, stderr]).toEqual([
      'status 1\n',
      expect.stringMatching(/^The output cannot be written: ENOSPC/m),
    ]);
  });

  test('nobody hears what is said on standard error', async () => {
    const { stdout } = await shell('"$0" "$1" deliveries nobody --url "$2" 2>&-; echo "status $?"');
    expect(stdout).toBe('status 1\n');
  });
});

/** How wide a line is in a terminal: Unicode's wide characters take two columns, combining ones none. */
const widthOf = (line: string) =>
  [...line.replace(/\p{M}/gu, '')].reduce(
    (sum, each) => sum + (/[ᄀ-ᅟ⺀-꓏가-힣＀-｠😀-🙏]/u.test(each) ? 2 : 1),
    0,
  );

describe('a table', () => {
  const rows = [
    ['dlv_01m8e75jv5exwr9c4m8fd04gep', '日本語の学校', 'lesson.completed', 'failed', 3, '503', 'in 5 s'],
    ['dlv_01m8e75jv5exwr9c4m8fd04geq', '한국어 학교 😀😀', 'a', 'held', 0, '', 'ordered'],
    [
      'dlv_01m8e75jv5exwr9c4m8fd04ger',
      'Schule\u202e\u001b[31m',
      'e\u0301\u0301cole',
      'succeeded',
      1,
      '200',
      '',
    ],
    ['dlv_01m8e75jv5exwr9c4m8fd04ges', 'x'.repeat(200), 'y'.repeat(128), 'retrying', 12, 'timeout', 'now'],
  ];
  const head = ['delivery', 'tenant', 'event type', 'status', 'attempts', 'last', 'next'];

  test.each([null, 300, 200, 140, 120, 110])(
    'for %s columns: every line is as wide as the others, and fits',
    (width) => {
      const lines = drawTable(head, rows, width).split('\n');
      const [first = 0, ...others] = lines.map(widthOf);
      expect(others.every((each) => each === first)).toBe(true);
      if (width !== null) expect(first).toBeLessThanOrEqual(width);
      for (const [id] of rows) expect(lines.some((line) => line.includes(String(id)))).toBe(true);
    },
  );

  test.each([20, 40, 79])('for %i columns: a block of lines for each row, nothing lost', (width) => {
    const text = drawTable(head, rows, width);
    expect(text).toContain(
      'dlv_01m8e75jv5exwr9c4m8fd04gep\n  tenant: 日本語の学校\n  event type: lesson.completed',
    );
    expect(text).not.toMatch(/[│┌]/);
  });

  test('in a real terminal that is narrow', async () => {
    // `script` makes a terminal; where it is not there, nothing can be seen.
    if (spawnSync('script', ['--version']).status !== 0) return;
    const command = `stty cols 60; '${process.execPath}' '${MAIN}' deliveries --limit 3 --url ${tidings.url}`;
    const env = { PATH: process.env.PATH, TIDINGS_API_KEY: ADMIN_KEY, TERM: 'xterm' };
    const { stdout: text } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], { env });
    expect(text).toMatch(/dlv_\w+\r\n {2}tenant: /);
  });
});
