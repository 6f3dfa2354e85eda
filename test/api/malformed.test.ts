/** Malformed requests of every kind get an answer that says what is wrong with them, and never a 500. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let tenant: string;
let delivery: string;
beforeAll(async () => {
  tidings = await startTestService();
  ({
    body: { id: tenant },
  } = await tidings.call('POST', '/v1/tenants', { name: 'x', external_id: 'x'.repeat(128) }));
  await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, { url: 'http://127.0.0.1:2/' });
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'a.b', data: 1 });
  delivery = body.deliveries[0].id;
});
afterAll(() => tidings?.stop());

/** Sends bytes and reads until the server closes, or until a whole answer has come. */
function raw(...parts: (string | Buffer)[]): Promise<{ status: number; headers: string; body: any }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(tidings.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    const finish = () => {
      const [headers = '', body = ''] = text.split('\r\n\r\n');
      const length = parts[0]?.includes('HEAD ')
        ? 0
        : Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? 0);
      if (Buffer.byteLength(body) < length) return;
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1]);
      resolve({ status, headers, body: body.startsWith('{') ? JSON.parse(body) : body });
    };
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (text.includes('\r\n\r\n')) finish();
    });
    socket.on('close', finish);
    socket.on('error', reject);
    for (const part of parts) socket.write(part);
  });
}

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, 'host: tidings', `x-api-key: ${ADMIN_KEY}`, ...headers, '', ''].join('\r\n');
const json = 'content-type: application/json';
const problem = (status: number, code: string) =>
  expect.objectContaining({ status, body: expect.objectContaining({ status, code }) });

describe('what is not HTTP is answered with a problem', () => {
  test.each([
    ['a greeting', 'HELO tidings\r\n\r\n', 400, 'invalid_request'],
    ['another protocol', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), 400, 'invalid_request'],
    ['an unknown method', 'FROB / HTTP/1.1\r\n\r\n', 400, 'invalid_request'],
    ['a header without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n', 400, 'invalid_request'],
    ['NUL in a header', 'GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n', 400, 'invalid_request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc',
      400,
      'invalid_request',
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'invalid_request',
    ],
    ['headers of 20 KiB', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['a path of 20 KiB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'headers_too_large'],
  ])('%s', async (_what, bytes, status, code) => {
    const answer = await raw(bytes);
    expect(answer).toEqual(problem(status, code));
    expect(answer.headers).toMatch(/content-type: application\/problem\+json/);
    expect(answer.body.request_id).toMatch(/^req_/);
  });
});

describe('a path that names nothing is a 404, or a 400 when it cannot be read', () => {
  test.each([
    ['/v1/tenants/%00', 404, 'not_found'],
    ['/v1/tenants/a%00b/events', 404, 'not_found'],
    ['/v1/deliveries/%00', 404, 'not_found'],
    ['/v1/tenants/%', 400, 'invalid_request'],
    ['/v1/tenants/%zz', 400, 'invalid_request'],
    ['/v1/tenants/%ff', 400, 'invalid_request'],
    ['/v1/tenants/%ed%a0%80', 400, 'invalid_request'],
    [`/v1/tenants/${'x'.repeat(129)}`, 404, 'not_found'],
    [`/v1/tenants/${'x'.repeat(5_000)}`, 404, 'not_found'],
    ['/v1/tenants//events', 404, 'not_found'],
    ['/v1/tenants/', 404, 'not_found'],
    ['/v1/operational-events/', 404, 'not_found'],
    ['/v1/../etc/passwd', 404, 'not_found'],
    ['/V1/tenants', 404, 'not_found'],
    ['//', 404, 'not_found'],
    ['/docs/static/nothing', 404, 'not_found'],
  ])('%s', async (path, status, code) => {
    expect(await raw(head(`GET ${path}`))).toEqual(problem(status, code));
  });

  test('an external_id of 128 characters, escaped or not, finds its tenant', async () => {
    for (const path of ['x'.repeat(128), '%78'.repeat(128)]) {
      expect((await raw(head(`GET /v1/tenants/${path}`))).status).toBe(200);
    }
  });
});

describe('a method that a path does not take is a 405 that names those that it takes', () => {
  test.each([
    ['PUT', '/v1/tenants', 'POST, GET, HEAD'],
    ['OPTIONS', '/v1/tenants', 'POST, GET, HEAD'],
    ['TRACE', '/v1/tenants', 'POST, GET, HEAD'],
    ['PROPFIND', '/v1/tenants', 'POST, GET, HEAD'],
    ['POST', '/v1/tenants/some', 'GET, HEAD, PATCH, DELETE'],
    ['GET', '/v1/deliveries/some/retry', 'POST'],
    ['HEAD', '/v1/deliveries/some/retry', 'POST'],
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ])('%s %s', async (method, path, allow) => {
    const answer = await raw(head(`${method} ${path}`));
    expect(answer.status).toBe(405);
    expect(answer.headers).toContain(`allow: ${allow}`);
    if (method !== 'HEAD') expect(answer).toEqual(problem(405, 'method_not_allowed'));
  });

  test('a body that cannot be read changes nothing about that; a missing key is refused first', async () => {
    const put = ['PUT /v1/tenants', 'content-type: text/plain', 'content-length: 3'] as const;
    expect(await raw(head(...put), 'abc')).toEqual(problem(405, 'method_not_allowed'));
    const answer = await raw('PUT /v1/tenants HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(answer).toEqual(problem(401, 'unauthorized'));
  });

  test('HEAD is GET without the body', async () => {
    const answer = await raw(head(`HEAD /v1/tenants/${tenant}`));
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers).toMatch(/content-length: [1-9]/);
  });
});

describe('a body', () => {
  const body = '{"type":"a.b","data":"é"}';
  const emit = (bytes: string | Buffer, ...headers: string[]) =>
    raw(
      head(`POST /v1/tenants/${tenant}/events`, `content-length: ${Buffer.byteLength(bytes)}`, ...headers),
      bytes,
    );

  test.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['application/json;charset="UTF-8"'],
    ['Application/JSON'],
  ])('of %s is read', async (type) => {
    expect((await emit(body, `content-type: ${type}`)).status).toBe(202);
  });

  test.each([
    ['application/json; charset=latin1'],
    ['application/json;charset="iso-8859-1"'],
    ['application/json; charset=utf-16'],
    ['application/jsonx'],
    ['application/vnd.api+json'],
    ['text/json'],
    ['application/xml'],
    ['json'],
    ['/'],
    [''],
  ])('of "%s" is 415', async (type) => {
    expect(await emit(body, `content-type: ${type}`)).toEqual(problem(415, 'unsupported_media_type'));
  });

  test('without a type is 415', async () => {
    expect(await emit(body)).toEqual(problem(415, 'unsupported_media_type'));
  });

  test.each(['gzip', 'deflate', 'br', 'identity, gzip'])('that says that it is %s is 415', async (coding) => {
    const answer = await emit(gzipSync(body), json, `content-encoding: ${coding}`);
    expect(answer).toEqual(problem(415, 'unsupported_media_type'));
  });

  test('may be asked for with expect: 100-continue, and come in chunks', async () => {
    const waits = await raw(
      head(
        `POST /v1/tenants/${tenant}/events`,
        json,
        `content-length: ${Buffer.byteLength(body)}`,
        'expect: 100-continue',
      ),
    );
    expect(waits.status).toBe(100);
    const chunked = await raw(
      head(`POST /v1/tenants/${tenant}/events`, json, 'transfer-encoding: chunked'),
      `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    );
    expect(chunked.status).toBe(202);
  });

  test('is not needed to press retry, and none is read there', async () => {
    expect((await raw(head(`POST /v1/deliveries/${delivery}/retry`))).status).toBe(202);
    expect((await raw(head(`POST /v1/deliveries/${delivery}/retry`, json))).status).toBe(202);
  });

  test('is answered in JSON, whatever is said to be acceptable', async () => {
    const answer = await raw(head(`GET /v1/tenants/${tenant}`, 'accept: image/png'));
    expect(answer).toMatchObject({ status: 200, body: { id: tenant } });
  });
});

describe('a query', () => {
  test.each([
    ['limit=1&limit=2', 'limit'],
    ['status=failed&status=failed', 'status'],
    ['endpoint_id=a&endpoint_id=b', 'endpoint_id'],
    ['cursor=AA', 'cursor'],
    ['cursor=AAAA', 'cursor'],
    ['cursor=__8', 'cursor'],
    ['after=9999-12-31T23:59:60Z', 'after'],
  ])('of %s is refused by name', async (query, path) => {
    const answer = await raw(head(`GET /v1/tenants/${tenant}/deliveries?${query}`));
    expect(answer).toEqual(problem(422, 'validation_failed'));
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ path }));
  });

  test.each(['endpoint_id=%00', 'event_id=%00', 'event_type=a%00b'])(
    'that looks for %s is refused',
    async (query) => {
      const answer = await raw(head(`GET /v1/tenants/${tenant}/deliveries?${query}`));
      expect(answer).toEqual(problem(422, 'validation_failed'));
    },
  );

  test.each([
    '',
    '&',
    '=',
    'limit=1&unknown=%00',
    '%zz=1',
    'after=0000-01-01T00:00:00Z',
    'before=9999-12-31T23:59:59-23:59',
    'event_type=%zz',
    'event_type=%ff',
    '__proto__=x&constructor=y',
  ])('of "%s" is answered', async (query) => {
    const answer = await raw(head(`GET /v1/tenants/${tenant}/deliveries?${query}`));
    expect(answer.status).toBe(200);
  });
});

describe('a text that PostgreSQL cannot hold is refused, by name where there is one', () => {
  const nul = 'a\u0000b';
  const half = 'a\ud800b';
  test.each<[string, string, () => unknown]>([
    ['name', '/v1/tenants', () => ({ name: nul })],
    ['name', '/v1/tenants', () => ({ name: half })],
    ['external_id', '/v1/tenants', () => ({ name: 'x', external_id: nul })],
    ['contacts.0', '/v1/tenants', () => ({ name: 'x', contacts: [`${nul}@example.com`] })],
    ['description', '/v1/tenants/:t/endpoints', () => ({ url: 'https://example.com', description: nul })],
    ['event_types.0', '/v1/tenants/:t/endpoints', () => ({ url: 'https://example.com', event_types: [nul] })],
    [
      'auth.token',
      '/v1/tenants/:t/endpoints',
      () => ({ url: 'https://example.com', auth: { type: 'bearer', token: nul } }),
    ],
    [
      'headers.x-a',
      '/v1/tenants/:t/endpoints',
      () => ({ url: 'https://example.com', headers: { 'x-a': nul } }),
    ],
    ['description', '/v1/tenants/:t/event-types', () => ({ name: 'n.n', description: nul, example: 1 })],
    ['theme.name', '/v1/tenants/:t/portal-sessions', () => ({ theme: { name: nul } })],
    ['theme.name', '/v1/tenants/:t/portal-sessions', () => ({ theme: { name: half } })],
    ['return_url', '/v1/tenants/:t/portal-sessions', () => ({ return_url: `https://example.com/${nul}` })],
    ['type', '/v1/tenants/:t/events', () => ({ type: nul, data: 1 })],
    ['id', '/v1/tenants/:t/events', () => ({ type: 'a.b', data: 1, id: nul })],
  ])('%s of %s', async (path, url, body) => {
    const answer = await tidings.call('POST', url.replace(':t', tenant), body());
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect(answer.body.errors.map((error: any) => error.path)).toContain(path);
  });

  test('NUL is escaped in a URL, and allowed in data and in schemas', async () => {
    const create = {
      url: `https://example.com/${nul}?q=${nul}`,
      auth: { type: 'basic', username: nul, password: nul },
    };
    const endpoint = await tidings.call('POST', `/v1/tenants/${tenant}/endpoints`, {
      ...create,
      enabled: false,
    });
    expect(endpoint).toMatchObject({ status: 201, body: { url: 'https://example.com/a%00b?q=a%00b' } });
    const type = await tidings.call('POST', `/v1/tenants/${tenant}/event-types`, {
      name: 'nul.nul',
      schema: { const: nul },
      example: nul,
    });
    expect(type).toMatchObject({ status: 201, body: { schema: { const: nul }, example: nul } });
    const event = await tidings.call('POST', `/v1/tenants/${tenant}/events`, { type: 'nul.nul', data: nul });
    expect(event.status).toBe(202);
    const stored = await tidings.call('GET', `/v1/tenants/${tenant}/events/${event.body.id}`);
    expect(stored.body.data).toBe(nul);
  });
});
