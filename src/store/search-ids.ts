/** Tables whose rows are found by ids of ours, each with what a search shows of a row. */

export type OwnIdKind = 'endpoint' | 'delivery' | 'operational_event' | 'key' | 'session' | 'portal_session';

type OwnIds = {
  kind: OwnIdKind;
  table: string;
  prefix: string;
  title: string;
  gone: string;
  /** the conditions of the indexes that hold a tenant's rows; absent: one index holds all */
  partial?: string[];
};

/** Of the key that a session was made with. That of the environment has no row. */
const NAME_OF_KEY = `coalesce((select coalesce(k.name, '…' || k.hint) from api_keys k where k.id = key_id), key_id)`;

// Ids of ours begin with their kind, so that nothing but its own table is read for one.
export const OWN_IDS: OwnIds[] = [
  {
    kind: 'endpoint',
    table: 'endpoints',
    prefix: 'ep_',
    title: 'masked_url',
    gone: 'deleted_at is not null',
    partial: ['deleted_at is null', 'deleted_at is not null'],
  },
  {
    kind: 'delivery',
    table: 'deliveries',
    prefix: 'dlv_',
    title: 'event_type',
    gone: 'false',
  },
  {
    kind: 'operational_event',
    table: 'operational_events',
    prefix: 'opev_',
    title: 'type',
    gone: 'false',
  },
  {
    kind: 'key',
    table: 'api_keys',
    prefix: 'key_',
    title: `coalesce(name, '…' || hint)`,
    gone: 'revoked_at is not null',
  },
  {
    kind: 'session',
    table: 'sessions',
    prefix: 'ses_',
    title: NAME_OF_KEY,
    gone: 'expires_at <= now()',
  },
  {
    kind: 'portal_session',
    table: 'portal_sessions',
    prefix: 'prt_',
    title: `array_to_string(capabilities, ', ')`,
    gone: 'expires_at <= now()',
  },
];

/** The words of the SCORM API for our ids. */
export const ALIASES: [theirs: string, ours: string][] = [
  ['webhook_', 'ep_'],
  ['delivery_', 'dlv_'],
];
