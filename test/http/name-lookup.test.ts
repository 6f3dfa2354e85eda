/** Name resolution, with a real name server on loopback: a name that hangs does not hold up the others. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createLookup } from '../../src/http/name-lookup.ts';
import { atEnd } from '../helpers/cleanup.ts';

type Zone = Record<string, string[] | 'hangs' | 'fails'>;
const TYPES = { 1: 4, 28: 6 } as const;

/** Answers A and AAAA questions from the zone; what is not in it does not exist. */
async function startNameServer(zone: Zone, options: { silentFor?: 4 | 6 } = {}): Promise<string> {
  const server = createSocket('udp4');
  server.on('message', (question, from) => {
    const reply = replyTo(question, zone);
    // The type is the last but one word of the question.
    const type = question.readUInt16BE(question.indexOf(0, 12) + 1);
    if (TYPES[type as keyof typeof TYPES] === options.silentFor) return;
    if (reply !== null) server.send(reply, from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return `127.0.0.1:${server.address().port}`;
}

/** RFC 1035: the header, the question as it came, and an answer of 10 bytes and an address for each record. */
function replyTo(message: Buffer, zone: Zone): Buffer | null {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = message.readUInt16BE(at + 1);
  const found = zone[labels.join('.').toLowerCase()];
  if (found === 'hangs') return null;
  const family = TYPES[type as keyof typeof TYPES];
  const records = Array.isArray(found)
    ? found.map(bytesOf).filter((each) => each.length === { 4: 4, 6: 16 }[family])
    : [];
  const header = Buffer.from(message.subarray(0, 12));
  header.writeUInt16BE(0x8180 + (found === undefined ? 3 : found === 'fails' ? 2 : 0), 2);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  const answers = records.map((address) => {
    const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, address.length]);
    return Buffer.concat([head, address]);
  });
  return Buffer.concat([header, message.subarray(12, at + 5), ...answers]);
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [left = '', right = ''] = address
    .split('::')
    .map((half) => half.replace(/\b[0-9a-f]{1,4}\b/g, (part) => part.padStart(4, '0')).replaceAll(':', ''));
  return Buffer.from(left + right.padStart(32 - left.length, '0'), 'hex');
}

const unknownToTheSystem = async (host: string): Promise<never> => {
  throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
};

test('all addresses of a name come back, those of IPv4 first', async () => {
  const server = await startNameServer({ 'many.example': ['2606:4700::1111', '192.0.2.1', '192.0.2.2'] });
  expect(await createLookup({ servers: [server], system: unknownToTheSystem })('many.example')).toEqual([
    { address: '192.0.2.1', family: 4 },
    { address: '192.0.2.2', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]);
});

test.each(['192.0.2.1', '2606:4700::1111'])('a name that has only %s is found', async (address) => {
  const server = await startNameServer({ 'one.example': [address] });
  const answers = await createLookup({ servers: [server], system: unknownToTheSystem })('one.example');
  expect(answers.map((each) => each.address)).toEqual([address]);
});

test('a hundred names that hang do not hold up another one', async () => {
  const hanging = Array.from({ length: 100 }, (_, at) => `slow${at}.example`);
  const server = await startNameServer({
    ...Object.fromEntries(hanging.map((name) => [name, 'hangs'] as const)),
    'quick.example': ['192.0.2.1'],
  });
  const lookup = createLookup({ servers: [server], system: unknownToTheSystem });
  let ended = 0;
  for (const name of hanging)
    lookup(name)
      .catch(() => {})
      .finally(() => (ended += 1));
  expect(await lookup('quick.example')).toEqual([{ address: '192.0.2.1', family: 4 }]);
  expect(ended).toBe(0);
});

test.each([
  [4, '192.0.2.1'],
  [6, '2606:4700::1111'],
])(
  'a name server that never answers for the other family costs a moment, not the name (IPv%i)',
  async (family, address) => {
    const server = await startNameServer({ 'half.example': [address] }, { silentFor: family === 4 ? 6 : 4 });
    const answers = await createLookup({ servers: [server], system: unknownToTheSystem })('half.example');
    expect(answers).toEqual([{ address, family }]);
  },
);

test('a name server that fails is an error of the name, and the system is not asked for long', async () => {
  const server = await startNameServer({ 'broken.example': 'fails' });
  const asked: string[] = [];
  const system = async (host: string) => {
    asked.push(host);
    return [];
  };
  await expect(createLookup({ servers: [server], system })('broken.example')).rejects.toMatchObject({
    code: 'EDNS_ESERVFAIL',
  });
  expect(asked).toEqual([]);
});

test('a name that DNS does not know may be known to the system, which is asked one name at a time', async () => {
  const server = await startNameServer({});
  const waiting: [string, (answers: []) => void][] = [];
  const system = (host: string) => new Promise<[]>((resolve) => waiting.push([host, resolve]));
  const lookup = createLookup({ servers: [server], system });
  const answers = ['one.cluster', 'two.cluster', 'one.cluster'].map(lookup);
  const next = async () => {
    while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(waiting).toHaveLength(1);
    const [[host, resolve] = ['', () => {}]] = waiting.splice(0);
    resolve([]);
    return host;
  };
  expect([await next(), await next()].sort()).toEqual(['one.cluster', 'two.cluster']);
  expect(await Promise.all(answers)).toEqual([[], [], []]);
});

test.each(['localhost', 'receiver', 'app.localhost'])(
  '%s is the system’s to know, not DNS’s',
  async (host) => {
    const server = await startNameServer({ [host]: ['192.0.2.1'] });
    const answers = [{ address: '127.0.0.1', family: 4 }];
    expect(await createLookup({ servers: [server], system: async () => answers })(host)).toBe(answers);
  },
);
