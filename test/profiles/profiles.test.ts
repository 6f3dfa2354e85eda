/** The conformance suite of profiles: every profile of the registry is tested here, a new one without an edit. */

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

  test('has a secret exactly when it signs', () => {
    expect(profile.secret === 'never').toBe(profile.signing === null);
  });
});
