/** Bodies as large, deep and wide as allowed, and beyond, get the right answer, and other requests do not wait for them. */
import { startReceiver } from '../helpers/receiver.ts';
import { ADMIN_KEY, startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let events: string;
let received: () => Promise<string>;
beforeAll(async () => {
  tidings = await startTestService({ TIDINGS_MAX_EVENT_BYTES: String(512 * 1024) });
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Wide' });
  const receiver = await startReceiver();
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, {
    url: receiver.url,
    event_types: ['sent'],
  });
  events = `/v1/tenants/${tenant.id}/events`;
  let taken = 0;
  received = async () => {
    taken += 1;
    return (await receiver.until(taken))[taken - 1]?.body.toString() ?? '';
  };
});
afterAll(() => tidings?.stop());

const MIB = 1024 * 1024;
const list = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at)).join();
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const emit = (data: string, type = 'a.b') =>
  tidings.call('POST', events, `{"type":"${type}","data":${data}}`);
const problem = (status: number, code: string) =>
  expect.objectContaining({ status, body: expect.objectContaining({ code }) });

describe('data is delivered to the byte', () => {
  test.each([
    ['nested as deeply as it may be', nested(199)],
    ['an array of 80,000', `[${list(80_000, String)}]`],
    ['an object of 35,000 keys', `{${list(35_000, (at) => `"k${at}":${at}`)}}`],
    ['a string of 512 KiB', `"${'é'.repeat(MIB / 4 - 1)}"`],
    [
      'numbers that JavaScript has not',
      '[1e400,-1e400,123456789012345678901234567890,0.1000000000000000055,-0,1E-999]',
    ],
    ['escaped NUL and half surrogate pairs', '{"\\u0000":"\\ud800","\\udc00":["\\u0000"]}'],
    ['keys that JavaScript has names for', '{"__proto__":{"a":1},"constructor":2,"toString":null}'],
    ['a byte order mark inside a string', '"\ufeff"'],
  ])('%s', async (_what, data) => {
    expect((await emit(data, 'sent')).status).toBe(202);
    expect(await received()).toContain(`"data":${data}}`);
  });
});

describe('what is too much, or not JSON, is refused with the reason', () => {
  test.each([
    ['nested one deeper', `{"type":"a.b","data":${nested(200)}}`, 422, 'validation_failed'],
    ['a hundred thousand deep', nested(100_000), 422, 'validation_failed'],
    ['a hundred thousand deep, without an end', '['.repeat(100_000), 400, 'invalid_json'],
    [
      '50,001 keys, the last one twice',
      `{${list(50_000, (at) => `"k${at}":1`)},"k49999":1}`,
      422,
      'duplicate_key',
    ],
    [
      'a key of 250 KiB twice',
      `{"${'k'.repeat(250_000)}":1,"${'k'.repeat(250_000)}":2}`,
      422,
      'duplicate_key',
    ],
    ['50,000 unknown fields', `{${list(50_000, (at) => `"k${at}":1`)}}`, 422, 'validation_failed'],
    ['a byte order mark before it', '\ufeff{"type":"a.b","data":1}', 400, 'invalid_json'],
    ['half a surrogate pair in a field of ours', '{"type":"\\ud800","data":1}', 422, 'validation_failed'],
    [
      'a number of a thousand digits as an id',
      `{"type":"a.b","data":1,"id":${'9'.repeat(1_000)}}`,
      422,
      'validation_failed',
    ],
    ['1e999 as a type', '{"type":1e999,"data":1}', 422, 'validation_failed'],
    ['null', 'null', 422, 'validation_failed'],
    ['nothing', '', 422, 'validation_failed'],
    ['white space', ' '.repeat(100_000), 400, 'invalid_json'],
  ])('%s', async (_what, body, status, code) => {
    const answer = await tidings.call('POST', events, body);
    expect(answer).toEqual(problem(status, code));
    // It does not send back all that was wrong with it.
    expect(answer.text.length).toBeLessThan(20_000);
  });

  test('an endpoint of 50,000 types and as many headers', async () => {
    const body = `{"url":"https://example.com","event_types":[${list(50_000, String)}],"headers":{${list(50_000, (at) => `"k${at}":1`)}}}`;
    const answer = await tidings.call('POST', events.replace('events', 'endpoints'), body);
    expect(answer).toEqual(problem(422, 'validation_failed'));
    expect(answer.text.length).toBeLessThan(20_000);
  });

  test('a body of 2 MiB where none that large is needed, and one of 17 MiB anywhere', async () => {
    const wide = (mib: number) => `{"name":"${'x'.repeat(mib * MIB)}"}`;
    expect(await tidings.call('POST', '/v1/tenants', wide(2))).toEqual(problem(413, 'payload_too_large'));
    for (const path of [events, `${events}/batch`]) {
      expect(await tidings.call('POST', path, wide(17))).toEqual(problem(413, 'payload_too_large'));
    }
  });

  test('a batch of a million', async () => {
    const body = `{"events":[${'1,'.repeat(1_000_000)}1]}`;
    const answer = await tidings.call('POST', `${events}/batch`, body);
    expect(answer).toEqual(problem(422, 'validation_failed'));
    expect(answer.body.errors).toEqual([expect.objectContaining({ path: 'events' })]);
  });
});

test('a body that comes slowly keeps nobody waiting, and nor do many large ones', async () => {
  const order: string[] = [];
  const note = (what: string) => (answer: { status: number }) => order.push(`${what} ${answer.status}`);
  let finish = () => {};
  const trickle = new ReadableStream({
    start(controller) {
      const encoder = new TextEncoder();
      controller.enqueue(encoder.encode('{"type":"a.b","data":['));
      finish = () => {
        controller.enqueue(encoder.encode('1]}'));
        controller.close();
      };
    },
  });
  const slow = fetch(tidings.url + events, {
    method: 'POST',
    headers: { 'x-api-key': ADMIN_KEY, 'content-type': 'application/json' },
    body: trickle,
    duplex: 'half',
  } as RequestInit).then(note('slow'));
  const large = Array.from({ length: 4 }, () => emit(`[${'1,'.repeat(MIB / 4 - 2)}1]`).then(note('large')));
  await Promise.all([...large, tidings.call('GET', '/healthz').then(note('health'))]);
  // One that is asked after the large ones have begun is not answered after all of them.
  expect(order.indexOf('health 200')).toBeLessThan(order.length - 1);
  expect(order).not.toContain('slow 202');
  finish();
  await slow;
  expect(order.at(-1)).toBe('slow 202');
  expect(order.filter((each) => each === 'large 202')).toHaveLength(4);
});
