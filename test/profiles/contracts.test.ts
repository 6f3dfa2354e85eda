/** The five wire contracts, row by row: a change here is a change of what customers were promised. */
import { checkEvent } from '../../src/api/event-validation.ts';
import { PROFILES, profileNamed } from '../../src/profiles/index.ts';

describe('the table of the contracts', () => {
  const standard = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
  test.each([
    { name: 'standard-webhooks', delaysS: standard, jitter: 0.1, timeoutMs: 15_000, secret: 'always' },
    { name: 'reading-steps', delaysS: [60, 300, 1800, 7200], jitter: 0, timeoutMs: 5_000, secret: 'always' },
    { name: 'leah', delaysS: [60, 300], jitter: 0, timeoutMs: 15_000, secret: 'never' },
    { name: 'scorm-api', delaysS: standard, jitter: 0.1, timeoutMs: 30_000, secret: 'chosen' },
    { name: 'lessonly', delaysS: [300, 300, 300], jitter: 0, timeoutMs: 15_000, secret: 'never' },
  ])('$name: when it retries, how long it waits, whether it signs', ({ name, delaysS, jitter, ...rest }) => {
    expect(profileNamed(name)).toMatchObject({ ...rest, schedule: { delaysS, jitter } });
  });

  test.each([
    { name: 'standard-webhooks', httpsOnly: false, maxEndpoints: null, allowsUnknownTypes: true },
    { name: 'reading-steps', httpsOnly: false, maxEndpoints: null, allowsUnknownTypes: false },
    { name: 'leah', httpsOnly: true, maxEndpoints: null, allowsUnknownTypes: false },
    { name: 'scorm-api', httpsOnly: false, maxEndpoints: null, allowsUnknownTypes: false },
    { name: 'lessonly', httpsOnly: false, maxEndpoints: 1, allowsUnknownTypes: false },
  ])('$name: which endpoints and types it takes', ({ name, ...rules }) => {
    expect(profileNamed(name)).toMatchObject(rules);
  });

  test('Leah takes Basic and Bearer and nothing else; Lessonly takes a value or nothing', () => {
    expect(profileNamed('leah')).toMatchObject({ authTypes: ['basic', 'bearer'], defaultAuth: null });
    expect(profileNamed('lessonly').authTypes).toEqual(['none', 'authorization']);
  });

  test('only Lessonly stalls when it is exhausted', () => {
    expect(PROFILES.filter((each) => each.stallsWhenExhausted).map(({ name }) => name)).toEqual(['lessonly']);
  });
});

describe('the fields of each body, in their order', () => {
  test.each([
    ['standard-webhooks', ['type', 'timestamp', 'data'], '2024-01-15T10:30:00.999Z'],
    ['reading-steps', ['event', 'timestamp', 'organization_id', 'data'], '2024-01-15T10:30:00Z'],
    ['leah', ['event', 'b', 'a'], undefined],
    ['scorm-api', ['event', 'tenant_id', 'data', 'timestamp', 'delivery_id'], '2024-01-15T10:30:00.999Z'],
    ['lessonly', ['b', 'a'], undefined],
  ])('%s has %j', (name, keys, timestamp) => {
    const profile = profileNamed(name);
    const { bytes } = profile.render({
      type: profile.testEventType,
      timestampMs: Date.parse('2024-01-15T10:30:00.999Z'),
      tenantWireId: 'org "quoted" ü',
      data: '{"b":1,"a":2}',
    });
    const body = JSON.parse(
      (profile.renderForDelivery?.(bytes, 'dlv_01jd8v3q4xf5rbn6c3m2z9k7wh') ?? bytes).toString(),
    );
    expect(Object.keys(body)).toEqual(keys);
    expect(body.timestamp).toBe(timestamp);
    expect(body.organization_id ?? body.tenant_id ?? 'org "quoted" ü').toBe('org "quoted" ü');
    expect(body.delivery_id ?? 'delivery_01jd8v3q4xf5rbn6c3m2z9k7wh').toBe(
      'delivery_01jd8v3q4xf5rbn6c3m2z9k7wh',
    );
  });
});

describe('what a schema alone cannot refuse', () => {
  const check = (profile: string, type: string, dataText: string) => () =>
    checkEvent({
      body: { type },
      path: '',
      dataText,
      hashed: dataText,
      profile: profileNamed(profile),
      ownTypes: [{ name: 'OWN', schemaText: '{}' }],
      maxBytes: 1000,
      nowMs: 0,
    });

  test.each(['{"event":"x"}', '{"\\u0065vent":"x"}', '[]', '"text"', 'null', '1'])(
    'Leah does not flatten %s, not even for a type of the tenant',
    (data) => {
      expect(check('leah', 'OWN', data)).toThrow(expect.objectContaining({ code: 'profile_rule' }));
    },
  );

  test.each([
    ['retake_score', '101'],
    ['retake_score', '-1'],
    ['retake_score', '90.5'],
    ['score_percent', '100.01'],
    ['score_percent', '"87"'],
    ['started_at', '"yesterday"'],
    ['report_card_url', '""'],
  ])('Lessonly refuses %s %s and names the field', (field, value) => {
    const [entry] = profileNamed('lessonly').catalogue;
    const data = { ...JSON.parse(entry?.example ?? ''), [field]: JSON.parse(value) };
    expect(check('lessonly', 'lesson.completed', JSON.stringify(data))).toThrow(
      expect.objectContaining({
        code: 'schema_mismatch',
        fieldErrors: [expect.objectContaining({ path: `data.${field}` })],
      }),
    );
  });
});
