/**
 * Events as large as an operator can allow, in every shape that costs much to parse or to check: others are answered meanwhile. The
 * bound is the one of hostile-input.test.ts.
 */
import { setTimeout } from 'node:timers/promises';
import { environmentSchema } from '../../src/config/environment.ts';
import { profileNamed } from '../../src/profiles/index.ts';
import { valueMeta } from '../../src/variable-kinds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startProcess, type TestProcess } from '../helpers/process.ts';
import { startIdleServer, startPulse } from '../helpers/pulse.ts';

const BOUND_MS = 250;
/** What is really kept waiting is so each time. */
const TRIES = 5;
const LARGEST = valueMeta(environmentSchema.shape.TIDINGS_MAX_EVENT_BYTES).max ?? 0;
/** Of the data, for what stands around what fills it. */
const ROOM = 4 * 1024;

let database: TestDatabase;
let tidings: TestProcess;
let idle: string;
const tenants = new Map<string, string>();
beforeAll(async () => {
  database = await createTestDatabase();
  tidings = await startProcess('api', {
    databaseUrl: database.url,
    taskQueue: 'largest-events',
    TIDINGS_MAX_EVENT_BYTES: String(LARGEST),
  });
  idle = await startIdleServer();
});
afterAll(async () => {
  await tidings?.stop();
  await database?.drop();
});

async function tenantOf(profile: string): Promise<string> {
  const known = tenants.get(profile);
  if (known !== undefined) return known;
  const { body } = await tidings.call('POST', '/v1/tenants', { name: 'Large', profile });
  tenants.set(profile, body.id);
  return body.id;
}

/** As many pieces as there is room for, with commas between them. */
function filledWith(piece: (at: number) => string): string {
  const pieces: string[] = [];
  for (let length = 0, at = 0; length < LARGEST - ROOM; at += 1) {
    pieces.push(piece(at));
    length += (pieces.at(-1)?.length ?? 0) + 1;
  }
  return pieces.slice(0, -1).join();
}
const array = (piece: (at: number) => string) => () => `[${filledWith(piece)}]`;
const object = (value: string) => () => `{${filledWith((at) => `"k${at.toString(36)}":${value}`)}}`;

const SHAPES: Record<string, () => string> = {
  'empty arrays': array(() => '[]'),
  'empty objects': array(() => '{}'),
  'objects of all shapes': array((at) => `{"k${at}":0}`),
  'keys without number': object('1'),
  'keys without number, of objects': object('{}'),
  'keys that are numbers': () => `{${filledWith((at) => `"${at * 7919}":1`)}}`,
  'small numbers': array(() => '1'),
  'numbers with fractions': array((at) => `0.${at}0000000000000001`),
  'long numbers': array(() => '1.7976931348623157081452742373170435e+307'),
  'one number': () => '9'.repeat(LARGEST - ROOM),
  strings: array((at) => `"${at.toString(36)}"`),
  'a string of escapes': () => `"${'\\u00e9'.repeat((LARGEST - ROOM) / 6)}"`,
  'depth, again and again': array(() => '['.repeat(190) + ']'.repeat(190)),
};

type Event = [what: string, profile: string, type: string, data: () => string, status: number];

const beside = (shape: () => string) => () => `{"student_id":"stu_1","x":${shape()}}`;

/** Where a catalogue's schema says of what kind the items of an array are, each of another kind is a mistake to be told. */
function arraysIn(schema: any, path: string[] = []): string[][] {
  if (schema?.type === 'array' && schema.items !== undefined) return [path];
  return Object.entries(schema?.properties ?? {}).flatMap(([key, inner]) => arraysIn(inner, [...path, key]));
}

function withItems(example: string, path: string[], items: () => string): () => string {
  return () => {
    const data = JSON.parse(example);
    let holder = data;
    for (const key of path.slice(0, -1)) holder = holder[key];
    holder[path.at(-1) as string] = 'ITEMS';
    return JSON.stringify(data).replace('"ITEMS"', items);
  };
}

const MISTAKES: Event[] = ['reading-steps', 'leah', 'lessonly', 'scorm-api'].flatMap((profile) =>
  profileNamed(profile).catalogue.flatMap(({ name, schema, example }) =>
    arraysIn(schema).flatMap((path) =>
      ['true', '{}'].map(
        (item): Event => [
          `${name}: ${path.join('.')} of ${item}`,
          profile,
          name,
          withItems(
            example,
            path,
            array(() => item),
          ),
          422,
        ],
      ),
    ),
  ),
);

const EVENTS: Event[] = [
  ...Object.entries(SHAPES).flatMap(([what, shape]): Event[] => [
    [what, 'standard-webhooks', 'a.b', shape, 202],
    [what, 'reading-steps', 'student.created', beside(shape), 202],
  ]),
  ...MISTAKES,
];

test('there are mistakes to be made in some contract', () => {
  expect(MISTAKES.length).toBeGreaterThan(0);
});

test.each(EVENTS)(
  '%s (%s)',
  async (what, profile, type, data, status) => {
    const events = `/v1/tenants/${await tenantOf(profile)}/events`;
    const body = `{"type":"${type}","data":${data()}}`;
    expect(body.length).toBeGreaterThan(0.9 * LARGEST);
    const excess: number[] = [];
    while (excess.length < TRIES && !excess.some((ms) => ms <= BOUND_MS)) {
      const pulses = await Promise.all([`${tidings.url}/healthz`, idle].map(startPulse));
      const answers = await Promise.all([1, 2, 3].map(() => tidings.call('POST', events, body)));
      const [first] = answers;
      if (status === 202) await tidings.call('GET', `${events}/${first?.body.id}`);
      await setTimeout(50);
      const [healthMs = 0, idleMs = 0] = await Promise.all(pulses.map((pulse) => pulse.stop()));
      expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
      excess.push(healthMs - idleMs);
    }
    if (process.env.TEST_LOG_LEVEL) process.stderr.write(`${what}: ${excess.map(Math.round)} ms\n`);
    expect(Math.min(...excess)).toBeLessThanOrEqual(BOUND_MS);
  },
  60_000,
);
