/** The Docker and Compose files are checked without Docker, which is not there where tests run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { environmentSchema } from '../../src/config/environment.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

type Service = {
  image?: string;
  build?: unknown;
  entrypoint?: string | string[];
  command?: string | string[];
  environment?: Record<string, string> | string[];
  depends_on?: Record<string, { condition: string }> | string[];
  healthcheck?: { test: string | string[] };
  volumes?: string[];
  stop_grace_period?: string;
};

const COMMANDS = ['serve', 'api', 'worker', 'migrate'];
const OURS = /^(TIDINGS_\w+|DATABASE_URL|TEMPORAL_\w+|SMTP_URL)$/;

const text = readFileSync(join(PACKAGE_ROOT, 'docker-compose.yml'), 'utf8');
const compose: { services: Record<string, Service>; volumes: Record<string, unknown> } = parse(text, {
  merge: true,
});
const services = Object.entries(compose.services);
const tidings = services.filter(([, { build }]) => build !== undefined);

const list = (value: string | string[] | undefined) =>
  typeof value === 'string' ? value.split(' ') : (value ?? []);
const names = (value: Record<string, unknown> | string[] | undefined) =>
  Array.isArray(value) ? value.map((entry) => entry.split('=')[0] ?? '') : Object.keys(value ?? {});
const isKnown = (name: string) => name in environmentSchema.shape || name.startsWith('TEMPORAL_');

test.each(services)('%s has an image or is built, at a fixed version', (_name, { image, build }) => {
  expect(image ?? build).toBeDefined();
  if (build === undefined) expect(image).toMatch(/:v?\d+(\.\d+)*$/);
});

test.each(services)('what %s waits for is there, and can come to pass', (_name, service) => {
  for (const name of names(service.depends_on)) expect(Object.keys(compose.services)).toContain(name);
  if (service.depends_on === undefined || Array.isArray(service.depends_on)) return;
  for (const [name, { condition }] of Object.entries(service.depends_on)) {
    if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck).toBeDefined();
  }
});

// An unquoted `a ? b : c` is a mapping to YAML, and an unquoted 5432 a number.
test.each(services)('every word of the commands of %s is text', (_name, service) => {
  const words = [service.entrypoint, service.command, service.healthcheck?.test].flat();
  expect(words.filter((word) => word !== undefined && typeof word !== 'string')).toEqual([]);
});

test.each(services)('%s mounts only volumes that are declared', (_name, { volumes = [] }) => {
  for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
});

test.each(tidings)('%s runs a command of the CLI', (_name, { command }) => {
  const [node, main, role] = list(command);
  expect([node, main]).toEqual(['node', 'dist/src/cli/main.js']);
  expect(COMMANDS).toContain(role);
});

test.each(tidings.filter(([name]) => name !== 'migrate'))(
  '%s has time to stop as it does by itself, and 10 seconds more',
  (_name, { stop_grace_period: period = '' }) => {
    const [, seconds] = /^(\d+)s$/.exec(period) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(
      environmentSchema.shape.TIDINGS_SHUTDOWN_SECONDS.parse(undefined) + 10,
    );
  },
);

test('there are an API, a worker and a migration', () => {
  expect(tidings.map(([, { command }]) => list(command).at(-1)).sort()).toEqual(['api', 'migrate', 'worker']);
});

test('what Prometheus is told to scrape is there, at the ports that are served', () => {
  const { scrape_configs: jobs } = parse(
    readFileSync(join(PACKAGE_ROOT, 'ops', 'prometheus', 'prometheus.yml'), 'utf8'),
  );
  const targets = jobs.flatMap((job: any) => job.static_configs.flatMap((each: any) => each.targets));
  const found = jobs.flatMap((job: any) => job.dns_sd_configs);
  expect([...targets, ...found.map((each: any) => `${each.names[0]}:${each.port}`)]).toEqual([
    'api:8400',
    'worker:9464',
  ]);
  const { worker } = compose.services;
  expect(worker?.environment).toMatchObject({
    TIDINGS_METRICS_PORT: '9464',
    TIDINGS_METRICS_HOST: '0.0.0.0',
  });
});

test.each(services)('%s is given only variables that exist', (_name, { environment }) => {
  expect(names(environment).filter((name) => OURS.test(name) && !isKnown(name))).toEqual([]);
});

test.each(tidings)('%s is given nothing but configuration', (_name, { environment }) => {
  expect(names(environment).filter((name) => !isKnown(name))).toEqual([]);
});

test('what .env may set is configuration too', () => {
  const asked = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
  expect(asked.filter((name) => name !== 'POSTGRES_PASSWORD' && !isKnown(name))).toEqual([]);
  expect(text).toMatch(/\$\{TIDINGS_ADMIN_KEY:\?/);
  expect(text).toMatch(/\$\{TIDINGS_ENCRYPTION_KEYS:\?/);
});

test('the image starts with a command of the CLI', () => {
  const [, cmd = '[]'] = /^CMD (\[.*\])$/m.exec(readFileSync(join(PACKAGE_ROOT, 'Dockerfile'), 'utf8')) ?? [];
  const [node, main, role] = JSON.parse(cmd) as string[];
  expect([node, main]).toEqual(['node', 'dist/src/cli/main.js']);
  expect(COMMANDS).toContain(role);
});

test('the image runs on the release line of Node that is tested apart, and that contributors get', () => {
  const text = (file: string) => readFileSync(join(PACKAGE_ROOT, file), 'utf8');
  const [, tested] = /^version=(\d+)\./m.exec(text('.ci/newer-node')) ?? [];
  const images = [...text('Dockerfile').matchAll(/^FROM node:(\d+)/gm)].map(([, line]) => line);
  expect([text('.nvmrc').trim(), ...new Set(images)]).toEqual([tested, tested]);
});
