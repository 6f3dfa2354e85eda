/**
 * `is_signed` and `secret_kind` of an endpoint, and the data of its profile, against what goes out: the signature is there or not, it is
 * of the kind that is said, and secrets of other forms are refused.
 */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { PROFILES } from '../../src/profiles/index.ts';
import { type Received, type Receiver, startReceiver } from '../helpers/receiver.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

let tidings: TestService;
let receiver: Receiver;
const tenants: Record<string, string> = {};
beforeAll(async () => {
  tidings = await startTestService();
  receiver = await startReceiver();
  for (const { name } of PROFILES) {
    const { body } = await tidings.call('POST', '/v1/tenants', { name, profile: name });
    tenants[name] = body.id;
  }
});
afterAll(async () => {
  await receiver?.close();
  await tidings?.stop();
});

const profileOf = async (name: string) => (await tidings.call('GET', `/v1/profiles/${name}`)).body;

/** Creates an endpoint. The contract's one endpoint makes room for the next. */
async function create(profile: any, more: object) {
  const path = `/v1/tenants/${tenants[profile.name]}/endpoints`;
  const { body: others } = await tidings.call('GET', path);
  for (const { id } of others.items) await tidings.call('DELETE', `${path}/${id}`);
  const [scheme] = profile.auth.schemes;
  const values = scheme.fields.map((field: any) => [field.name, 'x'.repeat(field.min_length ?? 1)]);
  return tidings.call('POST', path, {
    // No request comes through to the receiver by https: it is read from the curl command.
    url: profile.url.https_only ? receiver.url.replace('http:', 'https:') : receiver.url,
    auth: { type: scheme.type, ...Object.fromEntries(values) },
    ...more,
  });
}

async function shownOf(profile: any, id: string) {
  return (await tidings.call('GET', `/v1/tenants/${tenants[profile.name]}/endpoints/${id}`)).body;
}

/** The headers of a test event to the endpoint, by lower-case names, and its body where it arrived. */
async function sentTo(
  profile: any,
  id: string,
): Promise<{ headers: Record<string, any>; body: Buffer | null }> {
  const before = receiver.received.length;
  const path = `/v1/tenants/${tenants[profile.name]}/endpoints/${id}/test`;
  const { body: test } = await tidings.call('POST', path, {});
  const request: Received | undefined = receiver.received[before];
  if (request !== undefined) return { headers: request.headers, body: request.body };
  const { text } = await tidings.call('GET', `/v1/deliveries/${test.id}/curl?reveal=true`);
  const headers = [...text.matchAll(/-H '([^:']+): /g)].map(([, name = '']) => [name.toLowerCase(), '']);
  expect(headers.map(([name]) => name)).toContain('webhook-id');
  return { headers: Object.fromEntries(headers), body: null };
}

/** Whether the signature is the one that the recipe describes, computed from nothing but the recipe. */
function isSignedBy(
  recipe: any,
  { headers, body }: { headers: Record<string, any>; body: Buffer },
  key: string,
) {
  const signed = Buffer.concat(
    recipe.signed.flatMap((part: string, at: number) => [
      Buffer.from(at === 0 ? '' : '.'),
      part === 'body' ? body : Buffer.from(String(headers[part])),
    ]),
  );
  expect(key.startsWith(recipe.key.prefix)).toBe(true);
  const bytes = Buffer.from(key.slice(recipe.key.prefix.length), recipe.key.encoding);
  const text = String(headers[recipe.header.toLowerCase()]);
  const signatures = recipe.separator === null ? [text] : text.split(recipe.separator);
  return signatures.some((each) => {
    if (!each.startsWith(recipe.prefix)) return false;
    const signature = Buffer.from(each.slice(recipe.prefix.length), recipe.encoding);
    if (recipe.algorithm === 'hmac-sha256')
      return createHmac('sha256', bytes).update(signed).digest().equals(signature);
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes]);
    return verify(null, signed, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature);
  });
}

/** Each way to come to a secret that the profile's data tell of, and the kind that it is said to have then. */
function waysOf(profile: any): [more: object, isSigned: boolean, kind: string | null][] {
  const { rule, kinds } = profile.secret;
  const [usual = null] = kinds;
  return [
    [{}, rule === 'always', rule === 'always' ? usual : null],
    ...kinds.map((kind: string) => [{ signature: kind }, true, kind]),
    ...(rule !== 'never' && kinds.length === 0 ? [[{ secret: 'a-secret-of-my-own' }, true, null]] : []),
  ] as [object, boolean, string | null][];
}

test.each(PROFILES.map(({ name }) => name))('%s signs what it says it signs', async (name) => {
  const profile = await profileOf(name);
  const names = profile.signatures.map(({ header }: any) => header.toLowerCase());
  expect(names.length === 0).toBe(profile.secret.rule === 'never');
  for (const [more, isSigned, kind] of waysOf(profile)) {
    const { status, body: made } = await create(profile, more);
    expect([more, status]).toEqual([more, 201]);
    const said = await shownOf(profile, made.id);
    expect([more, said.is_signed, said.secret_kind]).toEqual([more, isSigned, kind]);
    expect(made.secret !== undefined).toBe(isSigned);
    const sent = await sentTo(profile, made.id);
    // A header of a signature that is not said to be there must not be there either, of this contract or of another.
    const all = PROFILES.flatMap(({ signing }) => signing?.headers ?? []).map((each) =>
      each.name.toLowerCase(),
    );
    const present = all.filter((header) => sent.headers[header] !== undefined);
    expect(present.some((header) => names.includes(header))).toBe(isSigned);
    if (!isSigned) expect(present).toEqual([]);
    if (!isSigned || sent.body === null) continue;
    const path = `/v1/tenants/${tenants[name]}/endpoints/${made.id}`;
    for (const recipe of profile.signatures) {
      const isIt = recipe.secret_kind === kind;
      if (!isIt) continue;
      const key =
        recipe.algorithm === 'ed25519'
          ? (await tidings.call('GET', `${path}/public-key`)).body.public_key
          : made.secret;
      expect(isSignedBy(recipe, { headers: sent.headers, body: sent.body }, key)).toBe(true);
    }
  }
});

const base64 = (bytes: number) => Buffer.alloc(bytes, 5).toString('base64');

test.each(PROFILES.map(({ name }) => name))(
  '%s takes secrets of its kinds and refuses others',
  async (name) => {
    const profile = await profileOf(name);
    const { rule, kinds } = profile.secret;
    const refused: string[] = ['', 'x'.repeat(257)];
    if (kinds.length > 0)
      refused.push('a-secret-of-my-own', `whsec_${base64(23)}`, `whsk_${base64(31)}`, 'whpk_x');
    if (rule === 'never') refused.push('a-secret-of-my-own', `whsec_${base64(32)}`);
    for (const secret of refused) {
      const { status, body } = await create(profile, { secret });
      expect([secret, status, body.errors?.map(({ path }: any) => path)]).toEqual([secret, 422, ['secret']]);
    }
    for (const signature of ['ed25519', 'hmac-sha256'].filter((kind) => !kinds.includes(kind))) {
      const { status, body } = await create(profile, { signature });
      expect([status, body.errors?.map(({ path }: any) => path)]).toEqual([422, ['signature']]);
    }
  },
);

test.each(PROFILES.filter(({ signing }) => signing?.secretKinds).map(({ name }) => name))(
  'a rotation in %s keeps the kind, and a secret of another kind changes what is said',
  async (name) => {
    const profile = await profileOf(name);
    const secrets: Record<string, string> = {};
    for (const signature of profile.secret.kinds) {
      const { body: made } = await create(profile, { signature });
      secrets[signature] = made.secret;
      const rotate = (body: object) =>
        tidings.call('POST', `/v1/tenants/${tenants[name]}/endpoints/${made.id}/secret/rotate`, body);
      await rotate({ overlap_seconds: 0 });
      expect((await shownOf(profile, made.id)).secret_kind).toBe(signature);
      for (const [kind, secret] of Object.entries(secrets)) {
        expect((await rotate({ overlap_seconds: 0, secret })).status).toBe(200);
        expect((await shownOf(profile, made.id)).secret_kind).toBe(kind);
      }
      expect((await rotate({ secret: 'of no kind' })).body.errors).toEqual([
        { path: 'secret', message: expect.stringMatching(/must start with/) },
      ]);
    }
  },
);
