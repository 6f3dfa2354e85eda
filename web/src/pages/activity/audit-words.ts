/** Entries of the audit log in words: what was done, what was there before and after, and where it can be seen. */
import type { Schemas } from '@tidings/client';
import type { Format } from '../../context/format.ts';
import type { Texts } from '../../texts/index.ts';

type AuditEntry = Schemas['AuditEntry'];
export type Change = { name: string; before: string; after: string };

const LONGEST = 200;

const recordIn = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

/** A value that was stored, as text; whatever it is. */
function shown(value: unknown, { common }: Texts): string {
  if (value === null || value === undefined || value === '') return common.none;
  if (typeof value === 'boolean') return value ? common.yes : common.no;
  if (typeof value === 'number') return String(value);
  const text = Array.isArray(value)
    ? value.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
  const bare = text === '' ? common.none : text;
  return bare.length > LONGEST ? `${bare.slice(0, LONGEST)}…` : bare;
}

/** What it is called, where there is a word for it. */
const named = (name: string, { activity }: Texts): string =>
  activity.fields[name] ?? name.replaceAll('_', ' ');

/** What was done. Actions of later versions stand as they are. */
export function actionOf({ action, details }: AuditEntry, texts: Texts): string {
  const words = texts.activity.actions[action] ?? action;
  const { enabled } = details;
  if (action === 'endpoint.updated' && typeof enabled === 'boolean' && isOnlyField(details, 'enabled'))
    return enabled ? texts.activity.enabled : texts.activity.disabled;
  const { fields } = details;
  if (!Array.isArray(fields) || fields.length === 0) return words;
  return `${words}: ${fields.map((field) => named(String(field), texts)).join(', ')}`;
}

const isOnlyField = ({ fields }: Record<string, unknown>, name: string) =>
  Array.isArray(fields) && fields.length === 1 && fields[0] === name;

/** Fields with what they were and what they are. */
export function changesOf({ details }: AuditEntry, texts: Texts, format: Format): Change[] {
  const was = recordIn(details.was);
  return Object.keys(was).map((name) => ({
    name: named(name, texts),
    before: wordOf(name, was[name], texts, format),
    // Older entries say only what it was.
    after: name in details ? wordOf(name, details[name], texts, format) : texts.activity.notKept,
  }));
}

/** Units by how the names of durations end, in ms. */
const UNITS: readonly [ending: RegExp, ms: number][] = [
  [/_ms$/, 1],
  [/_(s|seconds)$/, 1_000],
  [/_days$/, 86_400_000],
];

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;

/** A value by what its name says of it: durations and times are written as such. */
function wordOf(name: string, value: unknown, texts: Texts, format: Format): string {
  // An endpoint without a list of types gets all of them.
  if (name === 'event_types' && value === null) return texts.activity.allTypes;
  const [, unit] = UNITS.find(([ending]) => ending.test(name)) ?? [];
  if (unit !== undefined && typeof value === 'number' && Number.isFinite(value))
    return value === 0 ? texts.common.none : format.duration(value * unit);
  if (typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value)))
    return format.dayAndTime(value);
  return shown(value, texts);
}

const TOLD_OTHERWISE = new Set(['fields', 'was', 'session_id']);

/** The rest of what is known of it. */
export function factsOf({ details }: AuditEntry, texts: Texts, format: Format): string[] {
  const was = recordIn(details.was);
  return Object.entries(details)
    .filter(([name]) => !TOLD_OTHERWISE.has(name) && !(name in was))
    .map(([name, value]) => `${named(name, texts)}: ${wordOf(name, value, texts, format)}`);
}

/** Who did it. */
export function actorOf({ actor }: AuditEntry, { activity }: Texts): string {
  if (actor.name !== null && actor.name !== '') return actor.name;
  if (actor.key_id === 'admin') return activity.environmentKey;
  if (actor.key_id.startsWith('prt_')) return activity.portalSession;
  return actor.key_id;
}

/** Where the object can be seen, among the pages of its tenant; `null`: nowhere. */
export function pathOf({ action, object_id: id }: AuditEntry): string | null {
  if (id === null || action.endsWith('.deleted')) return null;
  const noun = action.slice(0, action.indexOf('.'));
  switch (noun) {
    case 'tenant':
      return '/';
    case 'endpoint':
      return `/endpoints/${id}`;
    case 'delivery':
      return `/deliveries/${id}`;
    case 'event':
      return `/events/${encodeURIComponent(id)}`;
    case 'event_type':
      return `/event-types/${encodeURIComponent(id)}`;
    case 'key':
    case 'session':
    case 'portal_session':
    case 'contact':
      return '/settings';
    default:
      return null;
  }
}
