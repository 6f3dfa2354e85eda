/** The products' own documents are read when the test runs: Tidings accepts and sends what they show. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../../src/domain/profile.ts';
import { mismatches, profileValidator } from '../../src/json-schema/validator.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { profileNamed } from '../../src/profiles/index.ts';

const folder = join(PACKAGE_ROOT, '..', 'shared', 'seeds');
const present = existsSync(folder);
const document = (number: string) =>
  readFileSync(join(folder, readdirSync(folder).find((name) => name.startsWith(number)) ?? number), 'utf8');

/** A JSON object that begins at the start of a line or after a quote, as it stands in the document. */
function payloadsOf(text: string): string[] {
  return [...text.matchAll(/(?:^|')(?=\{)/gm)]
    .map(({ index, 0: quote }) => objectAt(text, index + quote.length))
    .filter((each) => each !== null);
}

function objectAt(text: string, start: number): string | null {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return isJson(text.slice(start, at + 1)) ? text.slice(start, at + 1) : null;
  }
  return null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The raw text of a member of an object: from its key's value to the brace that closes it. */
function rawMember(payload: string, key: string): string {
  const at = payload.indexOf('{', payload.indexOf(`"${key}"`));
  return objectAt(payload, at) ?? '';
}

type Payload = {
  event?: string;
  data?: unknown;
  timestamp?: string;
  organization_id?: string;
  tenant_id?: string;
  delivery_id?: string;
};
type Shown = { payload: string; parsed: Payload; event: string };
const shownIn = (number: string): Shown[] =>
  payloadsOf(document(number))
    .map((payload) => ({ payload, parsed: JSON.parse(payload) as Payload }))
    .filter(({ parsed }) => typeof parsed.event === 'string')
    .map((shown) => ({ ...shown, event: String(shown.parsed.event) }));

const schemaOf = (profile: Profile, type: string) => {
  const entry = profile.catalogue.find(({ name }) => name === type);
  if (entry === undefined) throw new Error(`${profile.name} has no type ${type}`);
  return entry.schema;
};

const rendered = (profile: Profile, { event, parsed }: Shown, data: string) =>
  profile.render({
    type: event,
    timestampMs: Date.parse(parsed.timestamp ?? ''),
    tenantWireId: parsed.organization_id ?? parsed.tenant_id ?? '',
    data,
  }).bytes;

if (!present) test.skip('the documents of the products are not beside this package', () => {});
else {
  describe('Reading Steps', () => {
    const profile = profileNamed('reading-steps');
    const shown = shownIn('000');

    test('shows three payloads and the test event', () => {
      expect(shown.map(({ event }) => event)).toEqual([
        'student.reading_completed',
        'student.level_changed',
        'assessment.completed',
        'test',
      ]);
    });

    test.each(shown)('$event is accepted as shown, and sent as shown', (each) => {
      expect(mismatches(profileValidator(schemaOf(profile, each.event)), each.parsed.data)).toEqual([]);
      const body = JSON.parse(rendered(profile, each, rawMember(each.payload, 'data')).toString());
      expect(body).toEqual(each.parsed);
      expect(Object.keys(body)).toEqual(Object.keys(each.parsed));
    });
  });

  describe('Leah', () => {
    const profile = profileNamed('leah');
    const shown = shownIn('001');
    /** The caller's `data`: the sample without its first key. */
    const dataOf = ({ payload, event }: Shown) =>
      `{${payload.slice(payload.indexOf(`"${event}"`) + event.length + 3)}`;

    test('shows one line for each of its types, and one of them again in pieces', () => {
      expect(shown.filter(({ payload }) => !payload.includes('\n')).map(({ event }) => event)).toEqual(
        profile.catalogue.map(({ name }) => name),
      );
      expect(shown.filter(({ payload }) => payload.includes('\n'))).toHaveLength(1);
    });

    test.each(shown)('$event is accepted as shown, and sent as shown', (each) => {
      const data = dataOf(each);
      expect(mismatches(profileValidator(schemaOf(profile, each.event)), JSON.parse(data))).toEqual([]);
      const bytes = rendered(profile, each, data);
      expect(JSON.parse(bytes.toString())).toEqual(each.parsed);
      // The one in pieces differs by the white space around its first key.
      if (!each.payload.includes('\n')) expect(bytes.toString()).toBe(each.payload);
    });
  });

  describe('SCORM API', () => {
    const profile = profileNamed('scorm-api');
    const shown = shownIn('002');

    test('shows all of its types', () => {
      expect([...new Set(shown.map(({ event }) => event))].sort()).toEqual(
        profile.catalogue.map(({ name }) => name).sort(),
      );
    });

    test.each(shown)('$event is accepted as shown, and sent as shown', (each) => {
      expect(mismatches(profileValidator(schemaOf(profile, each.event)), each.parsed.data)).toEqual([]);
      const { delivery_id: deliveryId, ...withoutId } = each.parsed;
      const bytes = rendered(profile, each, rawMember(each.payload, 'data'));
      expect(JSON.parse(bytes.toString())).toEqual(withoutId);
      const sent = profile.renderForDelivery?.(bytes, 'dlv_xyz789').toString() ?? '';
      expect(JSON.parse(sent)).toEqual({ ...withoutId, delivery_id: deliveryId ?? 'delivery_xyz789' });
      expect(Object.keys(JSON.parse(sent)).slice(0, 4)).toEqual(Object.keys(withoutId));
    });
  });

  describe('Lessonly', () => {
    const [entry] = profileNamed('lessonly').catalogue;
    const example = JSON.parse(entry?.example ?? '{}');
    const fields = [...document('003').matchAll(/^ {2}• (.+)$/gm)].map(([, field]) => field ?? '');

    test.each([
      ['user', example.user],
      ['ext_uid (if a company is using it)', example.user.ext_uid],
      ['id', example.user.id],
      ['name', example.user.name],
      ['email address', example.user.email],
      ['any custom field info', example.user.custom_user_fields],
      ['lesson', example.lesson],
      ['lesson id', example.lesson.id],
      ['lesson title', example.lesson.title],
      ['retake_score (as an integer between 0 and 100)', example.retake_score],
      ['score_percent (as a decimal between 0 and 100)', example.score_percent],
      ['started date', example.started_at],
      ['completed date', example.completed_at],
      ['assigned date', example.assigned_at],
      ['report card URL', example.report_card_url],
    ])('names the field "%s", and our record has it', (field, value) => {
      expect(fields).toContain(field);
      expect(value).toBeDefined();
    });
  });
}
