/** Entries of the audit log in words: what was done, what was there before and after, and where it can be seen. */
import type { Schemas } from '@tidings/client';
import type { Format } from '../../context/format.ts';
import type { Viewer } from '../../context/session.tsx';
import { unitMsOf } from '../../context/units.ts';
import type { Texts } from '../../texts/index.ts';

type AuditEntry = Schemas['AuditEntry'];
/** `name` is `null` where the value says it all */
export type Fact = { name: string | null; value: string };
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
  if (action === 'endpoint.updated' && typeof enabled === 'boolean' && isOnlyOf(details, ENABLING))
    return enabled ? texts.activity.enabled : texts.activity.disabled;
  const { fields } = details;
  if (!Array.isArray(fields) || fields.length === 0) return words;
  return `${words}: ${fields.map((field) => named(String(field), texts)).join(', ')}`;
}

const ENABLING: readonly unknown[] = ['enabled', 'disabled_note'];

const isOnlyOf = ({ fields }: Record<string, unknown>, names: readonly unknown[]) =>
  Array.isArray(fields) && fields.every((field) => names.includes(field));

/** Fields with what they were and what they are. */
export function changesOf({ details }: AuditEntry, texts: Texts, format: Format): Change[] {
  const was = recordIn(details.was);
  return Object.keys(was).map((name) => {
    const before = wordOf(name, was[name], texts, format);
    // Older entries say only what it was.
    const after = name in details ? wordOf(name, details[name], texts, format) : texts.activity.notKept;
    // What differs in what is masked looks alike.
    return { name: named(name, texts), before, after: after === before ? texts.activity.alike : after };
  });
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;

const NULLS: ReadonlySet<string> = new Set([
  'timeout_ms',
  'retry_schedule',
  'disable_after_s',
  'payload_retention_days',
]);

/** Fields whose values are words of the API. */
function wordsFor(name: string, { activity, common, settings }: Texts): Record<string, string> | undefined {
  return {
    statuses: common.status,
    kind: activity.kinds,
    scopes: settings.scope,
    capabilities: settings.capability,
  }[name];
}

const WORD_BREAK = ' · ';

/** Words of later versions stand as they are. */
const inWords = (value: unknown, words: Record<string, string>): unknown =>
  Array.isArray(value)
    ? value.map((each) => words[String(each)] ?? String(each)).join(WORD_BREAK)
    : (words[String(value)] ?? value);

/** A value by what its name says of it: durations and times are written as such. */
function wordOf(name: string, value: unknown, texts: Texts, format: Format): string {
  const { activity } = texts;
  const ownWords = wordsFor(name, texts);
  if (ownWords !== undefined) return shown(inWords(value, ownWords), texts);
  // An endpoint without a list of types gets all of them.
  if (name === 'event_types' && value === null) return activity.allTypes;
  if (value === null && NULLS.has(name)) return activity.asUsual;
  if (name === 'auth') return shown(recordIn(value).type, texts);
  if (name === 'headers') return shown(Object.keys(recordIn(value)), texts);
  const { per_second: rate } = recordIn(value);
  if (name === 'rate_limit' && typeof rate === 'number') return activity.perSecond(format.number(rate));
  if (name === 'retry_schedule' && Array.isArray(value) && value.every((each) => typeof each === 'number'))
    return shown(
      value.map((seconds) => format.duration(seconds * 1_000)),
      texts,
    );
  const unit = unitMsOf(name);
  if (unit !== null && typeof value === 'number' && Number.isFinite(value))
    return value === 0 ? texts.common.none : format.duration(value * unit);
  if (typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value)))
    return format.exact(value);
  return shown(value, texts);
}

const TOLD_OTHERWISE = new Set(['fields', 'was', 'session_id', 'endpoint_id', 'missing', 'matching']);

/** Details of operations were stored as the program calls them. */
const stored = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isNothing = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** What a recovery or a replay takes follows from what it is; its statuses are the program's way to say so. */
function scopeOf({ action, details }: AuditEntry, { activity }: Texts): string[] {
  const { statuses } = details;
  if (action !== 'operation.replay' || !Array.isArray(statuses)) return [];
  return [statuses.includes('succeeded') ? activity.delivered : activity.onlyMissing];
}

/** The rest of what is known of it: nothing that was not chosen. */
export function factsOf(entry: AuditEntry, texts: Texts, format: Format): Fact[] {
  const { action, details } = entry;
  const was = recordIn(details.was);
  const isChosen = (name: string) => name !== 'statuses' || !/^operation\.(recover|replay)$/.test(action);
  const facts = Object.entries(details)
    .map(([name, value]) => [stored(name), value] as const)
    .filter(([name]) => !TOLD_OTHERWISE.has(name) && !(name in was) && isChosen(name))
    .filter(([name, value]) => !isNothing(value) || name === 'event_types')
    .map(([name, value]) => ({ name: named(name, texts), value: wordOf(name, value, texts, format) }));
  return [...facts, ...scopeOf(entry, texts).map((value) => ({ name: null, value }))];
}

/** Who did it. The key of the environment is nothing that the people of a tenant know: in their portal it is their provider. */
export function actorOf({ actor }: AuditEntry, { activity }: Texts, entrance: Viewer['entrance']): string {
  if (actor.name !== null && actor.name !== '') return actor.name;
  if (actor.key_id === 'admin') return entrance === 'portal' ? activity.provider : activity.environmentKey;
  if (actor.key_id.startsWith('prt_')) return activity.portalSession;
  return actor.key_id;
}

/** Where the object can be seen, among the pages of its tenant; `null`: nowhere. */
export function pathOf({ action, object_id: id, details }: AuditEntry): string | null {
  if (id === null || action.endsWith('.deleted')) return null;
  const noun = action.slice(0, action.indexOf('.'));
  switch (noun) {
    case 'tenant':
      return '/';
    case 'endpoint':
      return `/endpoints/${id}`;
    case 'operation':
      return typeof details.endpoint_id === 'string'
        ? `/endpoints/${details.endpoint_id}?operation=${id}`
        : null;
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
