/** The code that the pages give to receivers, run in its own language: it accepts what the service signed, and nothing else. */
import { PROFILES } from '../../src/profiles/index.ts';
import { type Received, startReceiver } from '../helpers/receiver.ts';
import { type Judged, RUNNERS } from '../helpers/sample-runners.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

type Sample = { secret_kind: string | null; language: string; code: string };
type Case = { name: string; isGenuine: boolean; key: string; request: Pick<Received, 'headers' | 'body'> };
/** Everything that one kind of signature of one contract is judged by. */
type Kind = { samples: Sample[]; cases: Case[] };

let tidings: TestService;
let kinds: Kind[];

const SIGNING = PROFILES.filter(({ signing }) => signing !== null);

beforeAll(async () => {
  tidings = await startTestService();
  kinds = [];
  for (const profile of SIGNING) {
    const { body } = await tidings.call('GET', `/v1/profiles/${profile.name}/samples`);
    const names = new Set<string | null>(body.items.map(({ secret_kind: kind }: Sample) => kind));
    for (const kind of names) {
      const samples = body.items.filter((each: Sample) => each.secret_kind === kind);
      kinds.push({ samples, cases: await casesOf(profile, kind) });
    }
  }
}, 60_000);
afterAll(() => tidings?.stop());

/** Deliveries that the service signed, and what somebody else may make of them. */
async function casesOf(profile: (typeof PROFILES)[number], kind: string | null): Promise<Case[]> {
  const { signing } = profile;
  if (signing === null) throw new Error(`${profile.name} does not sign`);
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'R', profile: profile.name });
  const base = `/v1/tenants/${tenant.id}/endpoints`;
  const given = kind === null ? { secret: signing.generateSecret() } : { signature: kind };
  const { body: endpoint } = await tidings.call('POST', base, { url: receiver.url, ...given });
  const keyOf = (secret: string) => signing.publicKey?.(secret) ?? secret;
  const key = keyOf(endpoint.secret);
  await tidings.call('POST', `${base}/${endpoint.id}/test`, {});
  const { body: rotated } = await tidings.call('POST', `${base}/${endpoint.id}/secret/rotate`, {});
  await tidings.call('POST', `${base}/${endpoint.id}/test`, {});
  const [first, second] = (await receiver.until(2)) as [Received, Received];
  await receiver.close();

  const signed = (timestampS: number, body: Buffer): Case['request'] => ({
    headers: {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(timestampS),
      ...signing.sign({ webhookId: 'evt_1', timestampS, body, secrets: [endpoint.secret] }),
    },
    body,
  });
  const nowS = Math.floor(Date.now() / 1_000);
  const without = Object.fromEntries(
    Object.entries(first.headers).filter(
      ([name]) => !signing.headers.some((header) => header.name.toLowerCase() === name),
    ),
  );
  const spoiled = Object.fromEntries(
    Object.entries(first.headers).map(([name, value]) => {
      const isSignature = signing.headers.some((header) => header.name.toLowerCase() === name);
      return [
        name,
        isSignature ? `${value}`.replace(/.(?=.{9}$)/, (one) => (one === 'a' ? 'b' : 'a')) : value,
      ];
    }),
  );
  const isTimed = signing.recipes?.some(({ signed: parts }) => parts.includes('webhook-timestamp')) === true;
  const bytes = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x00, 0x0a, 0xe2, 0x82, 0xac]);
  return [
    { name: 'a delivery', isGenuine: true, key, request: first },
    { name: 'a delivery after a rotation', isGenuine: true, key: keyOf(rotated.secret), request: second },
    { name: 'the old secret after a rotation', isGenuine: signing.signsWithAll, key, request: second },
    { name: 'a body of any bytes', isGenuine: true, key, request: signed(nowS, bytes) },
    { name: 'an empty body', isGenuine: true, key, request: signed(nowS, Buffer.alloc(0)) },
    {
      name: 'another body',
      isGenuine: false,
      key,
      request: { ...first, body: Buffer.concat([first.body, Buffer.from(' ')]) },
    },
    { name: 'another secret', isGenuine: false, key: keyOf(rotated.secret), request: first },
    { name: 'no signature', isGenuine: false, key, request: { ...first, headers: without } },
    { name: 'a spoiled signature', isGenuine: false, key, request: { ...first, headers: spoiled } },
    { name: 'an old request', isGenuine: !isTimed, key, request: signed(nowS - 3_600, first.body) },
    {
      name: 'a request from the future',
      isGenuine: !isTimed,
      key,
      request: signed(nowS + 3_600, first.body),
    },
  ];
}

test('there is code for each kind of signature, in each language', () => {
  expect(kinds.length).toBeGreaterThan(SIGNING.length);
  for (const { samples } of kinds) {
    expect(samples.map(({ language }) => language)).toEqual([
      'ts',
      'python',
      'go',
      'php',
      'ruby',
      'java',
      'csharp',
    ]);
  }
});

test('a contract without a signature has no code', async () => {
  const silent = PROFILES.filter(({ signing }) => signing === null);
  expect(silent.length).toBeGreaterThan(0);
  for (const { name } of silent) {
    expect((await tidings.call('GET', `/v1/profiles/${name}/samples`)).body).toEqual({ items: [] });
  }
});

test.each(Object.keys(RUNNERS))(
  'the code in %s accepts what is genuine, and nothing else',
  async (language) => {
    const run = RUNNERS[language]?.() ?? null;
    if (run === null) return;
    const codes = kinds.map(({ samples }) => samples.find((each) => each.language === language)?.code ?? '');
    const asked = kinds.flatMap(({ cases }, code) => cases.map((each) => ({ ...each, code })));
    const requests = asked.map(
      ({ code, key, request: { headers, body } }): Judged => ({
        code,
        key,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body,
      }),
    );
    const found = await run(codes, requests);
    const said = asked.map(({ name, code }, at) => `${code} ${name}: ${found[at]}`);
    expect(said).toEqual(asked.map(({ name, code, isGenuine }) => `${code} ${name}: ${isGenuine}`));
  },
  120_000,
);
