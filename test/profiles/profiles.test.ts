/** The conformance suite of profiles: every profile of the registry is tested here, a new one without an edit. */

import { newEndpoint } from '../../src/api/endpoint-rules.ts';
import { createEndpointBody } from '../../src/api/schemas/endpoint.ts';
import { presentProfile, profileSchema } from '../../src/api/schemas/profile.ts';
import { EVENT_TYPE_PATTERN } from '../../src/domain/event.ts';
import type { Profile } from '../../src/domain/profile.ts';
import { mismatches, profileValidator } from '../../src/json-schema/validator.ts';
import { DEFAULT_PROFILE, PROFILES, profileNamed } from '../../src/profiles/index.ts';
import { AUTH_SCHEMES } from '../../src/signing/index.ts';

const timestampMs = Date.parse('2024-01-15T10:30:00.999Z');
const deliveryId = 'dlv_01jd8v3q4xf5rbn6c3m2z9k7wh';

const render = (profile: Profile, data: string, type = profile.testEventType) =>
  profile.render({ type, timestampMs, tenantWireId: 'org "quoted" ü', data });

/** `data` as whoever looks at the event gets it back. */
const dataOf = (profile: Profile, { bytes, dataSpan }: ReturnType<Profile['render']>) => {
  const span = bytes.subarray(...dataSpan);
  return (profile.dataFromSpan?.(span) ?? span).toString();
};

/** Spellings that a parser and a serialiser would change. */
const spellings = [
  '{"a":1.0}',
  '{"a":1e3}',
  '{"a":-0}',
  '{"a":12345678901234567890}',
  '{"a":0.1000000000000000055511151231257827}',
  '{"a":"\\u00e9"}',
  '{"a":"\\/"}',
  '{"a":"\\ud800"}',
  '{"a":"\\u0000"}',
  '{"a":"é日本🎉"}',
  '{"b":1,"a":2,"10":3,"9":4}',
  '{ "a" : [ 1 , 2 ] ,\n\t"b":{ } }',
  '{"a":{"data":"}"},"b":"{"}',
  '{"__proto__":1}',
  '{}',
  '{ }',
];

describe('the registry', () => {
  test('holds profiles of different names, the default one among them', () => {
    expect(new Set(PROFILES.map(({ name }) => name)).size).toBe(PROFILES.length);
    expect(profileNamed(DEFAULT_PROFILE).name).toBe('standard-webhooks');
  });

  test('does not make up a profile that it does not have', () => {
    expect(() => profileNamed('nobody')).toThrow('nobody');
  });
});

describe.each(PROFILES)('the profile $name', (profile) => {
  test.each(profile.catalogue)('has an example of $name that its own schema accepts', (entry) => {
    expect(mismatches(profileValidator(entry.schema), JSON.parse(entry.example))).toEqual([]);
    expect(profile.dataProblem?.(JSON.parse(entry.example)) ?? null).toBeNull();
  });

  test.each(profile.catalogue)('has a well-formed name, described, for $name', ({ name, description }) => {
    expect(name).toMatch(EVENT_TYPE_PATTERN);
    expect(description).toMatch(/^[A-Z].{10,}[^.]$/);
  });

  test('names each of its types once', () => {
    const names = profile.catalogue.map(({ name }) => name);
    expect([...new Set(names)]).toEqual(names);
  });

  test('sends a test event of its own catalogue', () => {
    expect(profile.catalogue.map(({ name }) => name)).toContain(profile.testEventType);
  });

  test('refuses data that is no object where its schema is about one', () => {
    const [entry] = profile.catalogue;
    expect(mismatches(profileValidator(entry?.schema ?? {}), 'text')).not.toEqual([]);
  });

  test.each(spellings)('sends data written as %j byte for byte, in a body that is JSON', (data) => {
    const body = render(profile, data);
    expect(dataOf(profile, body)).toBe(data);
    expect(body.bytes.toString()).toContain(data.slice(1, -1).trim());
    expect(() => JSON.parse(body.bytes.toString())).not.toThrow();
  });

  test('sends every field of data under its own name', () => {
    const body = JSON.parse(render(profile, '{"first":1,"second":[2]}').bytes.toString());
    // The contract says under which name, or whether among its own fields.
    const inside = Object.values<any>(body).find((value) => value?.first !== undefined);
    const data = inside ?? body;
    expect(data).toMatchObject({ first: 1, second: [2] });
  });

  test('renders the same event to the same bytes', () => {
    expect(render(profile, '{"a":1}').bytes).toEqual(render(profile, '{"a":1}').bytes);
  });

  test('renders for a delivery a body that is JSON and still holds the data in its place', () => {
    const body = render(profile, '{"a": 1.0}');
    const bytes = profile.renderForDelivery?.(body.bytes, deliveryId) ?? body.bytes;
    expect(JSON.parse(bytes.toString())).toMatchObject(JSON.parse(body.bytes.toString()));
    expect(dataOf(profile, { ...body, bytes })).toBe('{"a": 1.0}');
  });

  test('asks for credentials that a scheme can make', () => {
    expect(Object.keys(AUTH_SCHEMES)).toEqual(expect.arrayContaining([...profile.authTypes]));
    if (profile.defaultAuth !== null) expect(profile.authTypes).toContain(profile.defaultAuth.type);
    expect(profile.authTypes.length).toBeGreaterThan(0);
  });

  describe('as data', () => {
    const shown = presentProfile(profile);
    const rules = {
      profile,
      ownNames: [],
      ownFilters: [],
      deps: { allowHttp: true, guard: { urlProblem: () => null } },
    };
    const create = (body: object) => newEndpoint(createEndpointBody.parse({ ...minimal, ...body }), rules);
    const credentials = (scheme: (typeof shown.auth.schemes)[number]) => ({
      type: scheme.type,
      ...Object.fromEntries(scheme.fields.map(({ name, min_length }) => [name, 'x'.repeat(min_length ?? 1)])),
    });
    const [first] = shown.auth.schemes;
    const minimal = {
      url: 'https://example.com/hooks',
      ...(shown.auth.default_type === null && first && { auth: credentials(first) }),
    };

    test('fits the schema of the API, and leaves nothing out', () => {
      expect(profileSchema.parse(shown)).toEqual(shown);
    });

    test.each(shown.auth.schemes)('offers $type with fields that make credentials', (scheme) => {
      const auth = credentials(scheme);
      expect(create({ auth }).secrets.auth).toEqual(auth);
    });

    const others = Object.values(AUTH_SCHEMES).filter(({ type }) => !profile.authTypes.includes(type));
    test('does not offer what the contract refuses', () => {
      for (const { type, examples } of others) {
        expect(shown.auth.schemes.map((scheme) => scheme.type)).not.toContain(type);
        expect(() => create({ auth: { ...examples[0], type } })).toThrow('auth.type');
      }
    });

    test('says whether credentials must be named', () => {
      const { auth: _auth, ...withoutAuth } = minimal;
      const make = () => newEndpoint(createEndpointBody.parse(withoutAuth), rules);
      if (shown.auth.default_type === null) expect(make).toThrow('auth: is required');
      else expect(make().secrets.auth.type).toBe(shown.auth.default_type);
    });

    test('says whether http is refused', () => {
      const make = () => create({ url: 'http://example.com/hooks' });
      if (shown.url.https_only) expect(make).toThrow('https endpoints only');
      else expect(make).not.toThrow();
    });

    test('names exactly the fields that an endpoint may have', () => {
      const samples: Record<string, unknown> = {
        ...{ event_types: [profile.testEventType], description: 'A note', enabled: false, ordered: true },
        ...{ headers: { 'x-a': 'b' }, timeout_ms: 1_000, retry_schedule: [1], rate_limit: { per_second: 1 } },
        ...{ disabled_note: 'It moves.' },
        ...{ secret: profile.signing?.generateSecret() ?? 'secret', signature: 'ed25519', ...minimal },
      };
      const taken = Object.keys(createEndpointBody.shape).filter((name) => {
        const value = name === 'auth' && first ? credentials(first) : samples[name];
        expect([name, value]).not.toEqual([name, undefined]);
        try {
          create({ [name]: value, ...(name === 'disabled_note' && { enabled: false }) });
          return true;
        } catch (error) {
          expect(String(error)).toMatch(new RegExp(`${name}: (cannot|is)`));
          return false;
        }
      });
      expect(taken.sort()).toEqual([...shown.endpoint_fields].sort());
    });

    test('makes a secret, takes one or has none, as its rule says', () => {
      const made = create({}).secrets.signing;
      expect(made.length).toBe(shown.secret.rule === 'always' ? 1 : 0);
      for (const kind of shown.secret.kinds)
        expect(create({ signature: kind }).secrets.signing).toHaveLength(1);
      if (shown.secret.kinds.length > 0) {
        const isDefault = profile.signing?.secretKinds?.[0]?.isKindOf(made[0]?.value ?? '');
        expect(isDefault).toBe(true);
      }
      expect(shown.secret.form === null).toBe(shown.secret.rule === 'never');
    });

    test('shows the body of a test event, with the data of the catalogue in it', () => {
      const body = JSON.parse(shown.test_event.body);
      const [entry] = profile.catalogue.filter(({ name }) => name === shown.test_event.type);
      const whole = JSON.stringify(body);
      for (const value of Object.values(JSON.parse(entry?.example ?? '{}'))) {
        expect(whole).toContain(JSON.stringify(value));
      }
    });

    test('names a header once', () => {
      const names = shown.headers.map(({ name }) => name.toLowerCase());
      expect([...new Set(names)]).toEqual(names);
    });
  });

  test('has a secret exactly when it signs', () => {
    expect(profile.secret === 'never').toBe(profile.signing === null);
  });
});
