/** The pages as the service hands them out: where they are, what browsers may keep, and what the pages may load and be framed by. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { makeFolder } from '../helpers/folder.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

const DASHBOARD = '<!doctype html><title>Dashboard</title>';
const PORTAL = '<!doctype html><title>Portal</title>';
const SCRIPT = 'console.log("a script");'.repeat(100);
const FRAMERS = 'https://app.example.com https://*.example.org';

let folder: string;
let tidings: TestService;

beforeAll(async () => {
  folder = await makeFolder();
  mkdirSync(join(folder, 'assets', 'deep'), { recursive: true });
  const files: Record<string, string | Buffer> = {
    'index.html': DASHBOARD,
    'portal.html': PORTAL,
    'embed.js': 'customElements;',
    'secret.txt': 'not an asset',
    'assets/app-B1c2D3.js': SCRIPT,
    'assets/app-B1c2D3.js.br': brotliCompressSync(SCRIPT),
    'assets/app-B1c2D3.js.gz': gzipSync(SCRIPT),
    'assets/style-x9.css': 'a{}',
    'assets/deep/mark-z.svg': '<svg/>',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  tidings = await startTestService(
    { TIDINGS_PORTAL_FRAME_ANCESTORS: ` ${FRAMERS.replace(' ', '   ')}` },
    { pages: folder },
  );
});
afterAll(() => tidings?.stop());

/** As a browser: without a key, and following nothing. The path goes out as it stands here, which neither `fetch` nor undici does. */
async function get(path: string, headers: Record<string, string> = {}, at = tidings) {
  const { hostname, port } = new URL(at.url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ hostname, port, path, headers, agent: false }, resolve).on('error', reject).end();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers as Record<string, string>,
    bytes: Buffer.concat(chunks),
  };
}

const policyOf = ({ headers }: { headers: Record<string, string> }): Record<string, string> =>
  Object.fromEntries(
    (headers['content-security-policy'] ?? '').split('; ').map((rule) => {
      const [name = '', ...values] = rule.split(' ');
      return [name, values.join(' ')];
    }),
  );

const POLICY = {
  'default-src': "'self'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'font-src': "'self'",
  'connect-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
};

test.each([
  ['/', '/dashboard/'],
  ['/dashboard', '/dashboard/'],
  ['/portal', '/portal/'],
])('%s leads to %s', async (path, to) => {
  expect(await get(path)).toMatchObject({ status: 302, headers: { location: to } });
});

test.each([
  '/dashboard/',
  '/dashboard/tenants/ten_1/endpoints/ep_1?tab=health',
  '/dashboard/deliveries/dlv_1',
  '/dashboard/no/such/place.js',
  '/dashboard/%2e%2e/%2e%2e/package.json',
  '/dashboard/a%20b',
])('%s is a place in the dashboard, which no browser keeps and nobody frames', async (path) => {
  const answer = await get(path);
  expect([answer.status, String(answer.bytes)]).toEqual([200, DASHBOARD]);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(policyOf(answer)).toEqual({ ...POLICY, 'frame-ancestors': "'none'" });
});

test.each(['/portal/', '/portal/endpoints/ep_1', '/portal/embed'])(
  '%s is a place in the portal, which only those frame that the operator names',
  async (path) => {
    const answer = await get(path);
    expect([answer.status, String(answer.bytes)]).toEqual([200, PORTAL]);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(answer.headers['x-frame-options']).toBeUndefined();
    expect(policyOf(answer)).toEqual({ ...POLICY, 'frame-ancestors': FRAMERS });
  },
);

test('the element that frames the portal is for every site, and is asked for anew', async () => {
  const answer = await get('/portal/embed.js');
  expect([answer.status, String(answer.bytes)]).toEqual([200, 'customElements;']);
  expect(answer.headers).toMatchObject({
    'content-type': expect.stringMatching(/^(text|application)\/javascript/),
    'cache-control': 'no-cache',
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
  });
  const again = await get('/portal/embed.js', { 'if-none-match': answer.headers.etag ?? '' });
  expect(again.status).toBe(304);
});

describe('an asset', () => {
  const path = '/assets/app-B1c2D3.js';

  test.each([
    ['br, gzip', 'br', (bytes: Buffer) => bytes.equals(brotliCompressSync(SCRIPT))],
    ['gzip', 'gzip', (bytes: Buffer) => String(gunzipSync(bytes)) === SCRIPT],
    ['identity', undefined, (bytes: Buffer) => String(bytes) === SCRIPT],
  ])('comes as %s allows, and is kept for a year', async (accepted, encoding, isRight) => {
    const answer = await get(path, { 'accept-encoding': accepted });
    expect([answer.status, answer.headers['content-encoding'], isRight(answer.bytes)]).toEqual([
      200,
      encoding,
      true,
    ]);
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^(text|application)\/javascript/),
      'cache-control': 'public, max-age=31536000, immutable',
      vary: expect.stringMatching(/accept-encoding/i),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  test('that is not stored compressed comes as it is', async () => {
    for (const [asset, type] of [
      ['/assets/style-x9.css', 'text/css; charset=utf-8'],
      ['/assets/deep/mark-z.svg', 'image/svg+xml'],
    ]) {
      const answer = await get(asset ?? '', { 'accept-encoding': 'br' });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type } });
    }
  });

  test.each([
    '/assets/',
    '/assets/none.js',
    '/assets/app-B1c2D3.js.br',
    '/assets/deep',
    '/assets/../secret.txt',
    '/assets/%2e%2e/secret.txt',
    '/assets/..%2fsecret.txt',
    '/assets//app-B1c2D3.js',
    '/assets/APP-b1c2d3.js',
    '/assets/app-B1c2D3.js%00',
    '/assets/\\..\\secret.txt',
    '/secret.txt',
    '/index.html',
  ])('there is none at %s', async (there) => {
    const answer = await get(there);
    expect([there, [401, 404].includes(answer.status)]).toEqual([there, true]);
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });
});

test('nothing but GET and HEAD is answered', async () => {
  for (const path of ['/dashboard/', '/portal/x', '/assets/app-B1c2D3.js', '/portal/embed.js']) {
    const head = await fetch(tidings.url + path, { method: 'HEAD' });
    expect([path, head.status]).toEqual([path, 200]);
    const answer = await tidings.call('POST', path, {});
    expect([path, answer.status]).toEqual([path, 405]);
  }
});

test('no page takes the place of a route of the API', async () => {
  const { status, body } = await tidings.call('GET', '/v1/tenants', undefined, { 'x-api-key': ADMIN_KEY });
  expect([status, body.items]).toEqual([200, []]);
  expect((await get('/docs')).status).toBeLessThan(400);
  expect((await get('/v1/tenants')).status).toBe(401);
});

test.each<[what: string, spoil: (folder: string) => void]>([
  ['there is no folder', () => {}],
  ['there is a file in its place', (path) => writeFileSync(path, 'a letter')],
  [
    'its files cannot be read',
    (path) => {
      mkdirSync(join(path, 'assets'), { recursive: true });
      symlinkSync('/proc/self/mem', join(path, 'assets', 'a.js'));
      // A file for whoever looks, and an error for whoever reads.
      for (const file of ['index.html', 'portal.html', 'embed.js'])
        symlinkSync('/proc/self/mem', join(path, file));
    },
  ],
  [
    'it is half there',
    (path) => {
      mkdirSync(join(path, 'index.html'), { recursive: true });
      writeFileSync(join(path, 'assets'), 'a letter');
    },
  ],
])('where they are not built (%s), the service runs, and the page says what to do', async (_what, spoil) => {
  const empty = await makeFolder();
  rmSync(empty, { recursive: true });
  spoil(empty);
  const without = await startTestService({}, { pages: empty });
  try {
    expect((await get('/healthz', {}, without)).status).toBe(200);
    for (const path of ['/dashboard/', '/dashboard/tenants', '/portal/', '/portal/embed.js']) {
      const answer = await get(path, {}, without);
      expect([path, answer.status, String(answer.bytes)]).toEqual([
        path,
        503,
        expect.stringContaining('npm run build'),
      ]);
    }
    expect([404, 503]).toContain((await get('/assets/a.js', {}, without)).status);
    expect((await without.call('GET', '/metrics')).text).toMatch(/^tidings_internal_errors_total 0$/m);
  } finally {
    await without.stop();
  }
});

test('TIDINGS_PAGES=off serves none; the portal is framed by nobody unless the operator names somebody', async () => {
  const off = await startTestService({ TIDINGS_PAGES: 'off' }, { pages: folder });
  const unnamed = await startTestService({}, { pages: folder });
  try {
    expect(await get('/', {}, off)).toMatchObject({ status: 302, headers: { location: '/docs' } });
    for (const path of ['/dashboard/', '/dashboard', '/portal/', '/portal/embed.js', '/assets/app-B1c2D3.js'])
      expect([path, (await get(path, {}, off)).status]).toEqual([path, 404]);
    expect((await off.call('POST', '/v1/sign-in-codes')).status).toBe(404);
    const portal = await get('/portal/', {}, unnamed);
    expect(policyOf(portal)['frame-ancestors']).toBe("'none'");
    expect(portal.headers['x-frame-options']).toBe('DENY');
  } finally {
    await Promise.all([off.stop(), unnamed.stop()]);
  }
});
