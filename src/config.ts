/** The configuration: every environment variable that Tidings reads, with its default and what it is for. */
import { isIP } from 'node:net';
import { z } from 'zod';

const flag = z.stringbool();
const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && hostname !== '' && pathname === '/' && search + hash === '';
}

/** A wrong value is refused at start with the variable's name. Descriptions become docs/configuration.md. */
export const environmentSchema = z.object({
  TIDINGS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(8400)
    .describe(
      'Port of the API. `0` takes a free one. With `npm start` and no value, the next free one from 8400.',
    ),
  TIDINGS_HOST: z.string().default('127.0.0.1').describe('Address that the API listens on.'),
  TIDINGS_DATA_DIR: z
    .string()
    .default('.tidings')
    .describe('Where the embedded PostgreSQL and Temporal keep their data, and the generated keys lie.'),
  TIDINGS_ADMIN_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .describe('The admin API key. Generated into `admin.key` of the data directory in embedded mode.'),
  TIDINGS_ENCRYPTION_KEYS: z
    .string()
    .optional()
    .describe(
      'Keys for secrets at rest: `id:base64(32 bytes)`, comma-separated; the first one encrypts, all decrypt. ' +
        'Generated into `encryption.keys` of the data directory in embedded mode.',
    ),
  TIDINGS_ALLOW_CIDRS: commaList
    .pipe(z.array(z.string().refine(isCidr, 'must be a list of CIDRs like 10.0.0.0/8,fd00::/8')))
    .prefault('')
    .describe(
      'Destinations that may be dialled although they are not public, as comma-separated CIDRs. Tidings’ own ' +
        'services stay out of reach (see egress.md).',
    ),
  TIDINGS_ALLOW_HTTP: flag
    .optional()
    .describe('Whether endpoints may have http URLs. Default: yes in embedded mode, otherwise no.'),
  TIDINGS_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('The least important level that is logged (JSON lines on standard error).'),
  TIDINGS_CA_FILE: z
    .string()
    .optional()
    .describe('PEM file of more certificate authorities that are trusted for destinations.'),
  TIDINGS_EGRESS_PROXY: z
    .string()
    .refine(isProxyUrl, 'must be a URL like http://user:password@proxy.example:3128, without a path')
    .optional()
    .describe(
      'HTTP proxy through which everything is sent to endpoints (CONNECT): `http://` or `https://`, with `user:password@` ' +
        'where it wants them. Its own faults never count as attempts.',
    ),
  TIDINGS_TEMPORAL_CLI: z
    .string()
    .optional()
    .describe(
      'Path of the `temporal` program for the embedded server. Default: from `PATH`, the cache, or built.',
    ),
  TIDINGS_TEMPORAL_UI: z
    .string()
    .optional()
    .describe('Address of Temporal’s Web UI, for links. In embedded mode it is known.'),
  TIDINGS_TASK_QUEUE: z
    .string()
    .default('tidings')
    .describe('Temporal task queue of the workflows and activities.'),
  TIDINGS_NOTICE_INTERVAL_S: z.coerce
    .number()
    .positive()
    .default(900)
    .describe('At most one digest of failures per endpoint in this many seconds.'),
  TIDINGS_DISABLE_AFTER_S: z.coerce
    .number()
    .positive()
    .default(5 * 24 * 3600)
    .describe(
      'An endpoint that has failed for so many seconds without a success is switched off, unless its tenant says otherwise.',
    ),
  TIDINGS_RECONCILE_AFTER_S: z.coerce
    .number()
    .positive()
    .default(300)
    .describe('A delivery that is overdue by this many seconds is looked after: its workflow may be gone.'),
  TIDINGS_ENDPOINT_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .default(32)
    .describe('Attempts in flight for one endpoint, in each worker process.'),
  TIDINGS_BURST_SIZE: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(250)
    .describe('Deliveries that may share a workflow in a burst. `1` gives every event its own.'),
  TIDINGS_TENANT_KEY_RATE: z.coerce
    .number()
    .min(1)
    .default(1_000)
    .describe(
      "Requests a second that a tenant's key may make in each process, where the key names no limit of its own.",
    ),
  TIDINGS_WRONG_KEY_RATE: z.coerce
    .number()
    .min(1)
    .default(20)
    .describe(
      'Wrong API keys a second from one address, ten times as many at once. Beyond that keys from there that are new to the ' +
        'process are looked up more slowly; those in use go on working.',
    ),
  TIDINGS_PRESSES_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .default(60)
    .describe('Presses of retry that one delivery takes in a minute.'),
  TIDINGS_OPERATION_RATE: z.coerce
    .number()
    .min(0.1)
    .max(1_000)
    .default(100)
    .describe(
      'Deliveries that recover, replay and bulk retry set going in a second, where they name no pace.',
    ),
  TIDINGS_PAYLOAD_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .default(30)
    .describe('Days after which the payloads of events are erased, unless their tenant says otherwise.'),
  TIDINGS_MAX_EVENT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(256 * 1024)
    .describe('Largest `data` of one event, in bytes.'),
  TIDINGS_METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe(
      'Port of a server for /metrics, /healthz and /readyz alone, which a worker has no other way to answer. ' +
        '`0` takes a free one. Default: none; the API answers them too.',
    ),
  TIDINGS_METRICS_HOST: z.string().default('127.0.0.1').describe('Address that this server listens on.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .optional()
    .describe(
      'OpenTelemetry collector that traces are sent to (OTLP over HTTP, e.g. `http://collector:4318`). Without it there ' +
        'are no traces. The rest of OpenTelemetry’s variables count too: headers, sampler, service name.',
    ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z
    .string()
    .optional()
    .describe('The same for traces alone, as the whole URL.'),
  OTEL_TRACES_EXPORTER: z
    .enum(['otlp', 'none'])
    .optional()
    .describe('`otlp` sends traces, by default to `http://localhost:4318`; `none` sends none.'),
  DATABASE_URL: z
    .string()
    .optional()
    .describe('PostgreSQL to use. `npm start` runs its own when absent; the other commands need it.'),
  TEMPORAL_ADDRESS: z
    .string()
    .optional()
    .describe(
      'Temporal to use (`host:port`). All of Temporal’s own `TEMPORAL_*` variables count: namespace, API key, TLS. ' +
        '`npm start` runs its own when absent; the other commands need it.',
    ),
  SMTP_URL: z
    .string()
    .optional()
    .describe('Mail server for notifications (`smtp://user:password@host:587`). Without it they are logged.'),
  TIDINGS_MAIL_FROM: z
    .string()
    .default('Tidings <tidings@localhost>')
    .describe('Sender of the notifications.'),
  TIDINGS_PUBLIC_URL: z
    .string()
    .optional()
    .describe('Where people reach this service, for the links in notifications. Default: its own address.'),
});

export type Environment = z.infer<typeof environmentSchema>;

/** A configuration that cannot be used; the message lists every variable that is wrong. */
export class ConfigError extends Error {}

/** @throws ConfigError naming each variable and what it should be */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = environmentSchema.safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`The configuration cannot be used:\n${lines.join('\n')}`);
}

/**
 * Parses `TIDINGS_ENCRYPTION_KEYS`.
 * @throws ConfigError when an entry is not `id:base64(32 bytes)` or an id comes twice
 */
export function parseKeyRing(text: string): { id: string; key: Buffer }[] {
  const ring = text.split(',').map((entry) => {
    const [, id, base64] = /^\s*([A-Za-z0-9_-]{1,64}):([A-Za-z0-9+/]+=*)\s*$/.exec(entry) ?? [];
    const key = Buffer.from(base64 ?? '', 'base64');
    if (id === undefined || key.length !== 32) {
      throw new ConfigError(
        'TIDINGS_ENCRYPTION_KEYS: each entry must be id:base64 of 32 bytes, comma-separated',
      );
    }
    return { id, key };
  });
  if (new Set(ring.map(({ id }) => id)).size !== ring.length) {
    throw new ConfigError('TIDINGS_ENCRYPTION_KEYS: an id comes twice');
  }
  return ring;
}
