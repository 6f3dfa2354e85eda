/** The configuration: every environment variable that Tidings reads, with its allowed values, default and purpose. */
// Long because it is one list: every variable with its rule, its default and its words.
import { z } from 'zod';
import { CHANNEL_VARIABLES } from '../channels/index.ts';
import {
  baseUrl,
  commaList,
  decimal,
  flag,
  isCidr,
  isHost,
  isHostAndPort,
  isOrigin,
  isUrl,
  oneOf,
  port,
  seconds,
  text,
  wholeNumber,
} from '../variable-kinds.ts';

const MAX_COUNT = 1_000_000;

/** Descriptions become docs/configuration.md. A wrong value is refused at the start, with the name of its variable. */
export const environmentSchema = z.object({
  TIDINGS_PORT: port()
    .default(8400)
    .describe(
      'Port of the API. `0` takes a free one. With `npm start` and no value, the next free one from 8400.',
    ),
  TIDINGS_HOST: text('host', 'an IP address or a host name, without a port', isHost)
    .default('127.0.0.1')
    .describe('Address that the API listens on.'),
  TIDINGS_DATA_DIR: text('path', 'the path of a folder')
    .default('.tidings')
    .describe('Folder for the data of the embedded PostgreSQL and Temporal, and for generated keys.'),
  TIDINGS_ADMIN_KEY: text('key', 'at least 16 visible ASCII characters', (key) => /^[!-~]{16,}$/.test(key))
    .optional()
    .describe('The admin API key. Generated into `admin.key` of the data directory in embedded mode.'),
  TIDINGS_ENCRYPTION_KEYS: text(
    'keys',
    'id:base64 of 32 bytes for each key, comma-separated, no id twice',
    isKeyRing,
  )
    .optional()
    .describe(
      'Keys for secrets at rest: `id:base64(32 bytes)`, comma-separated; the first one encrypts, all decrypt. ' +
        'Generated into `encryption.keys` of the data directory in embedded mode.',
    ),
  TIDINGS_ALLOW_CIDRS: commaList('CIDRs', 'a list of CIDRs like 10.0.0.0/8,fd00::/8', isCidr)
    .prefault('')
    .describe(
      'Addresses that endpoints may have although they are not public, as comma-separated CIDRs. Tidings’ own ' +
        'services stay out of reach (see egress.md).',
    ),
  TIDINGS_ALLOW_HTTP: flag()
    .optional()
    .describe('Whether endpoints may have http URLs. Default: yes in embedded mode, otherwise no.'),
  TIDINGS_LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')
    .default('info')
    .describe('The least important level that is logged (JSON lines on standard error).'),
  TIDINGS_CA_FILE: text('path', 'the path of a PEM file')
    .optional()
    .describe(
      'PEM file of additional trusted certificate authorities: for endpoints, the egress proxy, the mail server, PostgreSQL, ' +
        'Temporal and the collector of traces. They add to those of Node, of `NODE_EXTRA_CA_CERTS` and of the system.',
    ),
  TIDINGS_EGRESS_PROXY: text(
    'proxy URL',
    'a URL like http://user:password@proxy.example:3128, without a path',
    (value) => isUrl(value, { schemes: ['http', 'https'], userinfo: true }),
  )
    .optional()
    .describe(
      'HTTP proxy through which everything is sent to endpoints (CONNECT): `http://` or `https://`, with `user:password@` ' +
        'if it asks for them. Faults of the proxy itself never count as attempts.',
    ),
  TIDINGS_TEMPORAL_CLI: text('path', 'the path of a program')
    .optional()
    .describe(
      'Path of the `temporal` program for the embedded server. Default: from `PATH` or the cache; otherwise it is downloaded or built.',
    ),
  TIDINGS_TEMPORAL_UI: baseUrl('https://temporal.example.com')
    .optional()
    .describe('URL of Temporal’s Web UI, for links. Embedded mode needs none.'),
  TIDINGS_TASK_QUEUE: text('name', 'a name of 1 to 200 letters, digits and ._:-', (name) =>
    /^[A-Za-z0-9._:-]{1,200}$/.test(name),
  )
    .default('tidings')
    .describe('Temporal task queue of the workflows and activities.'),
  TIDINGS_NOTICE_INTERVAL_S: seconds(90)
    .default(900)
    .describe(
      'Seconds between two notifications of a contact about an endpoint. The first one goes out at once; later ones are digests.',
    ),
  TIDINGS_ADDRESS_MAILS_PER_HOUR: wholeNumber(1, MAX_COUNT)
    .default(60)
    .describe(
      'Notifications that one e-mail address gets in an hour, from all tenants. Further ones wait, and are combined.',
    ),
  TIDINGS_TENANT_MAILS_PER_HOUR: wholeNumber(1, MAX_COUNT)
    .default(600)
    .describe(
      'Notifications that go out for one tenant in an hour, to all of its contacts. Further ones wait.',
    ),
  TIDINGS_VERIFY_CONTACTS: oneOf('tenant', 'all', 'none')
    .default('tenant')
    .describe(
      'Contacts that must be verified by a link before they get notifications: those that a tenant’s own key sets (`tenant`), also ' +
        'those that an admin key sets (`all`), or none (`none`).',
    ),
  TIDINGS_CONTACTS_PER_TENANT: wholeNumber(1, 100).default(20).describe('Contacts that a tenant may have.'),
  TIDINGS_ADDRESS_LINKS_PER_DAY: wholeNumber(1, MAX_COUNT)
    .default(5)
    .describe('Verification links that one e-mail address gets in a day, from all tenants.'),
  TIDINGS_TENANT_LINKS_PER_DAY: wholeNumber(1, MAX_COUNT)
    .default(100)
    .describe('Verification links that go out for one tenant in a day. Further ones wait for the next day.'),
  TIDINGS_SHUTDOWN_SECONDS: decimal(2, 3_600)
    .default(70)
    .describe(
      'Longest time from SIGTERM to the end of the process, in seconds. The last 5 of them (a fifth, if that is less) are for closing ' +
        'connections. With more than 5 above the longest timeout of an endpoint (60), no request in flight to an endpoint is cut off. ' +
        '`npm start` keeps 10 more of them for its own PostgreSQL and Temporal.',
    ),
  TIDINGS_DISABLE_AFTER_S: seconds(90)
    .default(5 * 24 * 3600)
    .describe(
      'Seconds after which an endpoint whose attempts all fail is disabled, unless its tenant has another setting.',
    ),
  TIDINGS_RECONCILE_AFTER_S: seconds(14)
    .default(300)
    .describe('Seconds after which an overdue delivery is checked: its workflow may be gone.'),
  TIDINGS_ENDPOINT_CONCURRENCY: wholeNumber(1, 1_000)
    .default(32)
    .describe('Attempts in flight for one endpoint, in each worker process.'),
  TIDINGS_BURST_SIZE: wholeNumber(1, 500)
    .default(250)
    .describe('Deliveries that may share a workflow in a burst. `1` gives every event its own.'),
  TIDINGS_START_REST_MS: wholeNumber(0, 1_000)
    .default(100)
    .describe(
      'Longest rest in milliseconds after a workflow was started on a busy machine, where its attempt began late. Deliveries that come during ' +
        'the rest share the next workflow; one that comes alone goes at once. `0`: no rest.',
    ),
  TIDINGS_TENANT_KEY_RATE: decimal(1, MAX_COUNT)
    .default(1_000)
    .describe(
      "Requests a second that a tenant's key may make in each process, unless the key has a limit of its own.",
    ),
  TIDINGS_WRONG_KEY_RATE: decimal(1, MAX_COUNT)
    .default(20)
    .describe(
      'Wrong API keys a second from one address, with a burst of ten times as many. Beyond it, keys from that address that are ' +
        'new to the process are looked up more slowly; keys in use are not affected.',
    ),
  TIDINGS_PRESSES_PER_MINUTE: wholeNumber(1, MAX_COUNT)
    .default(60)
    .describe('Requests for a manual retry that one delivery takes in a minute.'),
  TIDINGS_TESTS_PER_ENDPOINT: wholeNumber(1, 1_000)
    .default(5)
    .describe('Test calls of one endpoint that may run at once, in each process.'),
  TIDINGS_TESTS_PER_TENANT: wholeNumber(1, 10_000)
    .default(20)
    .describe('Test calls of all endpoints of a tenant that may run at once, in each process.'),
  TIDINGS_OPERATIONS_PER_TENANT: wholeNumber(1, 1_000)
    .default(10)
    .describe('Operations (recover, replay, bulk retry) of a tenant that may run at once.'),
  TIDINGS_OPERATION_RATE: decimal(0.1, 1_000)
    .default(100)
    .describe('Deliveries that an operation starts in a second, unless its request has a `per_second`.'),
  TIDINGS_PORTAL_SESSIONS_PER_TENANT: wholeNumber(1, 100_000)
    .default(1_000)
    .describe('Portal sessions of a tenant that may be open at once. A further one is refused.'),
  TIDINGS_PAGES: oneOf('on', 'off')
    .default('on')
    .describe('Whether the dashboard (`/dashboard/`) and the portal (`/portal/`) are served.'),
  TIDINGS_PORTAL_FRAME_ANCESTORS: text(
    'origins',
    'origins like https://app.example.com, separated by spaces',
    (value) => value.trim().split(/\s+/).every(isOrigin),
  )
    .optional()
    .describe(
      'Origins whose pages may show the portal in a frame, separated by spaces. `https://*.example.com` is every host below it. ' +
        'Default: nobody’s.',
    ),
  TIDINGS_STREAMS_PER_TENANT: wholeNumber(1, 2_000)
    .default(50)
    .describe('Streams (`GET /v1/tenants/:t/stream`) of a tenant that may be open at once, in each process.'),
  TIDINGS_PAYLOAD_RETENTION_DAYS: wholeNumber(1, 3_650)
    .default(30)
    .describe('Days after which the payloads of events are erased, unless their tenant has another setting.'),
  TIDINGS_MAX_EVENT_BYTES: wholeNumber(1024, 512 * 1024)
    .default(256 * 1024)
    .describe(
      'Largest `data` of one event, in bytes. Profiles with a schema parse it in one go, during which the process does nothing else: ' +
        'that bounds it.',
    ),
  TIDINGS_MAX_OWN_EVENT_TYPES: wholeNumber(0, 100_000)
    .default(200)
    .describe('Event types that a tenant may add. Existing ones stay when this is lowered.'),
  TIDINGS_MAX_SCHEMA_BYTES: wholeNumber(2, 256 * 1024)
    .default(64 * 1024)
    .describe('Largest JSON Schema of such an event type, in bytes.'),
  TIDINGS_SCHEMA_THREADS: wholeNumber(1, 64)
    .default(2)
    .describe(
      'Threads in which tenants’ own schemas are compiled and applied. With at least 2, no tenant gets all of them; with 1, ' +
        'tenants wait for each other.',
    ),
  TIDINGS_SCHEMA_MS_PER_S: wholeNumber(1, 64_000)
    .default(250)
    .describe(
      'Milliseconds of these threads that a tenant may use in a second. Unused time is saved for up to 20 s. Beyond it, the ' +
        'tenant’s requests are refused with 429.',
    ),
  TIDINGS_EMIT_QUEUE_REQUESTS: wholeNumber(10, 1_000_000)
    .default(5_000)
    .describe(
      'Emits that may run or wait for the database at once, in each process; half as many for one tenant. Further ones are ' +
        'refused with 503 and `retry-after`.',
    ),
  TIDINGS_EMIT_QUEUE_BYTES: wholeNumber(16 * 1024 * 1024, 64 * 1024 ** 3)
    .default(128 * 1024 * 1024)
    .describe('The same limit for the `data` of these emits together, in bytes.'),
  TIDINGS_EMIT_QUEUE_SECONDS: wholeNumber(1, 600)
    .default(10)
    .describe(
      'Seconds after which an emit that still waits for the database is refused with 503 and `retry-after`.',
    ),
  TIDINGS_BODY_BYTES: wholeNumber(64 * 1024 * 1024, 64 * 1024 ** 3)
    .default(256 * 1024 * 1024)
    .describe(
      'Memory for the bodies of all requests that are not answered yet, in bytes; half as much for one key. Further requests ' +
        'are refused with 503 and `retry-after`.',
    ),
  TIDINGS_METRICS_PORT: port()
    .optional()
    .describe(
      'Port of a separate server for /metrics, /healthz and /readyz; a worker has no other. `0` takes a free one. ' +
        'Default: none; the API answers them, too.',
    ),
  TIDINGS_METRICS_HOST: text('host', 'an IP address or a host name, without a port', isHost)
    .default('127.0.0.1')
    .describe('Address that this server listens on.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: baseUrl('http://collector:4318')
    .optional()
    .describe(
      'OpenTelemetry collector for traces (OTLP over HTTP, e.g. `http://collector:4318`). Without it, no traces are sent. ' +
        'OpenTelemetry’s other variables apply, too: headers, sampler, service name.',
    ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: text(
    'URL',
    'an http or https URL like http://collector:4318/v1/traces',
    (value) => isUrl(value, { schemes: ['http', 'https'], path: true, userinfo: true, query: true }),
  )
    .optional()
    .describe('The same for traces alone, as the whole URL.'),
  OTEL_TRACES_EXPORTER: oneOf('otlp', 'none')
    .optional()
    .describe('`otlp` sends traces, by default to `http://localhost:4318`; `none` sends none.'),
  DATABASE_URL: text('database URL', 'a URL like postgres://user:password@host:5432/database', isDatabaseUrl)
    .optional()
    .describe('PostgreSQL to use. `npm start` runs its own when absent; the other commands need it.'),
  TEMPORAL_ADDRESS: text('address', 'host:port, without a scheme', isHostAndPort)
    .optional()
    .describe(
      'Temporal to use (`host:port`). All of Temporal’s own `TEMPORAL_*` variables apply: namespace, API key, TLS. ' +
        '`npm start` runs its own when absent; the other commands need it.',
    ),
  // Each channel declares its own. They have no place in the type, because only their channel reads them.
  ...(CHANNEL_VARIABLES as object),
  TIDINGS_PUBLIC_URL: baseUrl('https://tidings.example.com')
    .optional()
    .describe(
      'URL at which people reach this service, for the links in notifications and to the portal. It may have a path only where no pages ' +
        'are served (`TIDINGS_PAGES=off`), and the proxy in front must take that path off. Default: its own address.',
    ),
});

export type Environment = z.infer<typeof environmentSchema>;

/** A configuration that cannot be used; the message lists everything that is wrong. */
export class ConfigError extends Error {}

/** Combinations of variables that contradict each other. The error names the first one. */
export const CONTRADICTIONS: {
  of: [keyof Environment, keyof Environment, ...(keyof Environment)[]];
  message: string;
  /** @param hasApi whether the process is one that serves the API */
  holds(environment: Partial<Environment>, hasApi: boolean): boolean;
}[] = [
  {
    of: ['TIDINGS_METRICS_PORT', 'TIDINGS_PORT'],
    message: 'must be another port than TIDINGS_PORT',
    holds: ({ TIDINGS_METRICS_PORT: one, TIDINGS_PORT: other }, hasApi) =>
      hasApi && one !== undefined && one !== 0 && one === other,
  },
  {
    of: ['TIDINGS_PUBLIC_URL', 'TIDINGS_PAGES'],
    message:
      'must have no path, because the dashboard and the portal stand at the root of a host. Give Tidings a host of its own, like ' +
      'https://hooks.example.com, or serve no pages (TIDINGS_PAGES=off)',
    holds: ({ TIDINGS_PUBLIC_URL: url, TIDINGS_PAGES: pages }, hasApi) =>
      hasApi && pages === 'on' && url !== undefined && new URL(url).pathname !== '/',
  },
];

/**
 * Reads the variables and collects what is wrong. An empty value counts as not set, because Compose and CI systems pass one for a
 * variable that is not set.
 * @returns the values of the variables that can be used, and a line `NAME: what it must be` for each other
 */
export function checkEnvironment(
  env: NodeJS.ProcessEnv,
  hasApi = true,
): { values: Partial<Environment>; problems: string[] } {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, schema] of Object.entries(environmentSchema.shape)) {
    const result = schema.safeParse(env[name] === '' ? undefined : env[name]);
    if (result.success) values[name] = result.data;
    else problems.push(`${name}: ${result.error.issues[0]?.message}`);
  }
  for (const { of, message, holds } of CONTRADICTIONS) {
    if (holds(values, hasApi)) problems.push(`${of[0]}: ${message}`);
  }
  return { values, problems };
}

/** @throws ConfigError naming each variable and what it should be */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const { values, problems } = checkEnvironment(env);
  refuse(problems);
  return values as Environment;
}

/** @throws ConfigError with all problems, where there are any */
export function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new ConfigError(
    `The configuration cannot be used:\n${problems.map((line) => `  ${line}`).join('\n')}`,
  );
}

/**
 * Parses `TIDINGS_ENCRYPTION_KEYS`.
 * @throws ConfigError when an entry is not `id:base64(32 bytes)` or two have the same id
 */
export function parseKeyRing(ring: string): { id: string; key: Buffer }[] {
  const keys = ring.split(',').map((entry) => {
    const [, id = '', base64 = ''] = /^\s*([A-Za-z0-9_-]{1,64}):([A-Za-z0-9+/]+=*)\s*$/.exec(entry) ?? [];
    return { id, key: Buffer.from(base64, 'base64') };
  });
  if (!keys.every(({ id, key }) => id !== '' && key.length === 32)) {
    throw new ConfigError(
      'TIDINGS_ENCRYPTION_KEYS: each entry must be id:base64 of 32 bytes, comma-separated',
    );
  }
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) {
    throw new ConfigError('TIDINGS_ENCRYPTION_KEYS: two keys have the same id');
  }
  return keys;
}

function isKeyRing(ring: string): boolean {
  try {
    return parseKeyRing(ring).length > 0;
  } catch {
    return false;
  }
}

/** Whether `pg` takes the value: a URL, or the folder of a socket. */
function isDatabaseUrl(value: string): boolean {
  if (value.startsWith('/') || /^socket:./.test(value)) return true;
  // A URL without a host is allowed: `pg` takes the host from PGHOST.
  return /^postgres(ql)?:\/\//i.test(value) && URL.canParse(value.replace('@/', '@host/'));
}
