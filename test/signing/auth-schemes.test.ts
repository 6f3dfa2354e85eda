/** The conformance suite of auth schemes: every scheme of the registry is tested here by the examples of its own file, a new one without an edit. */
import { type EndpointAuth, headerProblem, MASK } from '../../src/domain/endpoint.ts';
import { profileNamed } from '../../src/profiles/index.ts';
import {
  AUTH_SCHEMES,
  authorizationOutline,
  authorize,
  authProblem,
  authSchema,
  authSecrets,
  isStoredAuth,
} from '../../src/signing/index.ts';
import { MIN_SECRET_LENGTH, redactText } from '../../src/signing/redaction.ts';
import { buildRequest } from '../../src/signing/request.ts';

/** The request of an endpoint with these credentials. */
const requestWith = (auth: EndpointAuth) =>
  buildRequest({
    profile: profileNamed('standard-webhooks'),
    secrets: { url: 'https://example.com/hook?of=crm', auth, headers: {}, signing: [] },
    authorization: authorizationOutline(auth),
    webhookId: 'evt_1',
    body: Buffer.from('{}'),
    nowMs: 0,
    version: '1',
  });

describe.each(Object.entries(AUTH_SCHEMES))('the auth scheme %s', (type, scheme) => {
  const { examples } = scheme;
  const [usual] = examples as [EndpointAuth];
  /** every text in the credentials but the type */
  const valuesOf = (auth: EndpointAuth) =>
    Object.entries(auth).flatMap(([field, value]) =>
      field !== 'type' && typeof value === 'string' ? [value] : [],
    );

  test('is registered under its own name, and says what it sends', () => {
    expect(scheme.type).toBe(type);
    expect(scheme.description).toMatch(/^.{10,}\.$/);
    expect(examples.length).toBeGreaterThan(0);
  });

  test('has a form: each field with a label, hidden while it is typed exactly where it is a secret', () => {
    expect(scheme.title).toMatch(/^[A-Z].+[^.]$/);
    expect(['type', ...scheme.form.map(({ name }) => name)]).toEqual(Object.keys(scheme.schema.shape));
    for (const { name, label, kind, required } of scheme.form) {
      expect(label).toMatch(/^[A-Z].+[^.]$/);
      const only = { ...usual, [name]: `the-${name}` };
      expect([name, kind]).toEqual([name, authSecrets(only).includes(`the-${name}`) ? 'secret' : 'text']);
      const { [name]: _gone, ...others } = usual;
      expect([name, authSchema.safeParse(others).success]).toEqual([name, !required]);
    }
  });

  test('the bounds that its form names are those of the API', () => {
    for (const { name, minLength, maxLength } of scheme.form) {
      const problem = (length: number) => {
        const value = 'x'.repeat(length);
        const { error } = authSchema.safeParse({ ...usual, [name]: value });
        return error?.issues.some(({ path }) => path[0] === name) ?? false;
      };
      if (maxLength !== null)
        expect([name, problem(maxLength), problem(maxLength + 1)]).toEqual([name, false, true]);
      if (minLength !== null && minLength > 0) expect([name, problem(minLength - 1)]).toEqual([name, true]);
    }
  });

  test.each(examples)('%j is accepted by the API, and can be read when it is stored', (auth) => {
    expect(authSchema.parse(auth)).toEqual(auth);
    expect(authProblem(auth)).toBeNull();
    expect(isStoredAuth(JSON.parse(JSON.stringify(auth)))).toBe(true);
  });

  test('a field that it does not have is refused by the API, and does not disturb what is stored', () => {
    const more = { ...usual, more: 'x' };
    expect(authSchema.safeParse(more).success).toBe(false);
    expect(isStoredAuth(more)).toBe(true);
  });

  test('credentials without one of their fields, or with an object in its place, are not stored ones', () => {
    for (const field of Object.keys(scheme.schema.shape)) {
      const { [field]: _gone, ...others } = usual;
      const isRequired = !scheme.schema.shape[field]?.safeParse(undefined).success;
      expect([field, isStoredAuth(others)]).toEqual([field, !isRequired]);
      expect([field, isStoredAuth({ ...usual, [field]: {} })]).toEqual([field, false]);
    }
  });

  test.each(examples)('%j makes headers and a query that HTTP carries unchanged', (auth) => {
    const { headers, query = [] } = authorizationOutline(auth);
    for (const { name, open, secret } of headers) {
      const value = open + secret;
      expect(new Headers([[name, value]]).get(name)).toBe(value);
      if (name !== 'authorization') expect(headerProblem(name, value, [])).toBeNull();
    }
    const { searchParams } = new URL(requestWith(auth).url);
    expect([...searchParams]).toEqual([['of', 'crm'], ...query]);
  });

  test.each(examples)('%j shows no secret in the log', (auth) => {
    const { maskedHeaders } = requestWith(auth);
    const { headers } = authorizationOutline(auth);
    const shown = JSON.stringify(maskedHeaders);
    for (const secret of authSecrets(auth)) {
      if (secret.trim().length >= MIN_SECRET_LENGTH) expect(shown).not.toContain(secret);
    }
    for (const { name, open } of headers) expect(maskedHeaders).toContainEqual([name, open + MASK]);
  });

  test.each(examples)('%j is masked where a receiver repeats it', (auth) => {
    const { headers, url, secretValues } = requestWith(auth);
    const sent = headers.map(([name, value]) => `${name}: ${value}`).join('\n');
    const shown = redactText(`${url}\n${sent}\n${authSecrets(auth).join('\n')}`, secretValues);
    for (const secret of authSecrets(auth)) {
      if (secret.trim().length >= MIN_SECRET_LENGTH) expect(shown).not.toContain(secret);
    }
  });

  test('has secrets, unless it sends nothing', () => {
    const { headers, query = [] } = authorizationOutline(usual);
    const isSilent = headers.length + query.length === 0;
    expect(authSecrets(usual).length > 0).toBe(!isSilent);
    expect(valuesOf(usual)).toEqual(expect.arrayContaining(authSecrets(usual)));
  });

  test('the URL of the endpoint stays as it is, byte for byte, unless the credentials are in its query', () => {
    const { query = [] } = authorizationOutline(usual);
    const { url } = requestWith(usual);
    expect(url.startsWith('https://example.com/hook?of=crm')).toBe(true);
    expect(url === 'https://example.com/hook?of=crm').toBe(query.length === 0);
  });
});

test.each(['nobody', 'constructor', '__proto__', ''])('credentials of the type %j are none', (type) => {
  expect(isStoredAuth({ type })).toBe(false);
  expect(authSchema.safeParse({ type }).success).toBe(false);
  expect(() => authProblem({ type })).toThrow(`no auth scheme ${type}`);
});

test.each([null, undefined, 'basic', 7, [], {}])('%j is no credentials', (value) => {
  expect(isStoredAuth(value)).toBe(false);
});

test('credentials that were stored when a limit was higher can still be used', () => {
  const password = 'x'.repeat(5_000);
  expect(authSchema.safeParse({ type: 'basic', username: 'a', password }).success).toBe(false);
  expect(isStoredAuth({ type: 'basic', username: 'a', password })).toBe(true);
});

test('the fields of the usual schemes have the labels by which stories find them', () => {
  const labels = (type: string) => AUTH_SCHEMES[type]?.form.map(({ label }) => label);
  expect(labels('none')).toEqual([]);
  expect(labels('basic')).toEqual(['Username', 'Password']);
  expect(labels('bearer')).toEqual(['Token']);
  expect(labels('authorization')).toEqual(['Authorization value']);
});

/** For each scheme of a standard: credentials with the header that they must make, and credentials that must be refused. */
const STANDARDS: Record<string, { good: [EndpointAuth, string | null][]; bad: [EndpointAuth, string][] }> = {
  none: { good: [[{ type: 'none' }, null]], bad: [] },
  basic: {
    good: [
      // The credentials and the header of Leah's document.
      [{ type: 'basic', username: 'my_user', password: 'my_pass' }, 'Basic bXlfdXNlcjpteV9wYXNz'],
      // RFC 7617, section 2 and 2.1
      [{ type: 'basic', username: 'Aladdin', password: 'open sesame' }, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
      [{ type: 'basic', username: 'test', password: '123£' }, 'Basic dGVzdDoxMjPCow=='],
      [{ type: 'basic', username: 'a', password: 'b:c' }, 'Basic YTpiOmM='],
      [{ type: 'basic', username: '', password: '' }, 'Basic Og=='],
    ],
    bad: [[{ type: 'basic', username: 'a:b', password: 'c' }, 'username']],
  },
  bearer: {
    good: [
      [{ type: 'bearer', token: 'qhDm976TwG2sBZcftRLube' }, 'Bearer qhDm976TwG2sBZcftRLube'],
      [{ type: 'bearer', token: 'a.b-c_d~e+f/g==' }, 'Bearer a.b-c_d~e+f/g=='],
    ],
    bad: ['', ' ', 'a b', 'a\r\nevil: 1', 'a\0', 'tökén'].map((token) => [
      { type: 'bearer', token },
      'token',
    ]),
  },
  authorization: {
    good: [
      [{ type: 'authorization', value: 'exactly  as written' }, 'exactly  as written'],
      [{ type: 'authorization', value: 'bearer lower-case' }, 'bearer lower-case'],
      [{ type: 'authorization', value: 'clé' }, 'clé'],
      [{ type: 'authorization', value: '' }, null],
      [{ type: 'authorization', value: '   ' }, null],
    ],
    bad: [' a', 'a ', 'a\r\nevil: 1', 'a\nb', 'a\0b', '日本'].map((value) => [
      { type: 'authorization', value },
      'value',
    ]),
  },
};

/** The value of the `authorization` header; `null`: there is none. */
function headerOf(auth: EndpointAuth): string | null {
  const made = authorize(auth, {} as never);
  if (made instanceof Promise) throw new Error('It is not there at once');
  const [header, ...others] = made.headers.map(({ open, secret }) => open + secret);
  expect(others).toEqual([]);
  return header ?? null;
}

describe.each(Object.entries(STANDARDS))('the standard of %s', (_type, { good, bad }) => {
  test.each(good)('%j makes the header %j, at once', (auth, header) => {
    expect(authProblem(auth)).toBeNull();
    expect(headerOf(auth)).toBe(header);
  });

  const sent = good.map(([, header]) => header).filter((header) => header !== null);
  if (sent.length > 0) {
    test.each(sent)('%j is carried by HTTP unchanged', (value) => {
      expect(new Headers({ authorization: value }).get('authorization')).toBe(value);
    });
  }

  if (bad.length > 0) {
    test.each(bad)('%j is refused, and the field named', (auth, field) => {
      expect(authProblem(auth)).toEqual({ field, message: expect.stringMatching(/^(may not|must) /) });
    });
  }
});
