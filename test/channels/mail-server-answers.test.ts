/** Every answer of a mail server, at every step of the conversation, is mapped to the right outcome for its recipient. */
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { emailChannel } from '../../src/channels/email.ts';
import type { EndpointMessage, SendOutcome } from '../../src/domain/notification.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { startTcpServer } from '../helpers/tcp-server.ts';

const message: EndpointMessage = {
  about: 'endpoint',
  id: 'msg_1',
  recipient: {
    address: 'ops@example.com',
    unsubscribeUrl: 'https://tidings.example.com/contacts/unsubscribe/t',
  },
  tenant: { id: 'ten_1', name: 'Acme' },
  endpoint: {
    ...{ id: 'ep_1', maskedUrl: 'https://crm.example.com/hook', stalled: false, disabled: true },
    ...{ deleted: false, failingSince: null, switchOffAt: null, asOf: new Date(0) },
  },
  deliveries: [],
  total: 0,
  changes: [
    {
      what: 'disabled',
      reason: 'gone',
      deliveriesEnded: 0,
      at: new Date(0),
      failingSince: null,
      consecutiveFailures: 1,
    },
  ],
  changesTotal: 1,
};
const PATIENCE = { handingOverMs: 1_500, answerMs: 1_500 };
const tell = (smtpUrl: string, signal = new AbortController().signal) =>
  emailChannel({
    smtpUrl,
    from: 'tidings@example.com',
    publicUrl: () => 'https://tidings.example.com',
    dashboardUrl: () => null,
    patience: PATIENCE,
  }).send(message, signal);

const failing = (responseCode: number, text = 'No') => Object.assign(new Error(text), { responseCode });

async function startSmtp(options: SMTPServerOptions): Promise<string> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return `smtp://127.0.0.1:${(server.server.address() as { port: number }).port}`;
}

const drained: SMTPServerOptions['onData'] = (stream, _session, done) => {
  stream.resume().on('end', () => done());
};

describe('a real server that', () => {
  test.each<[string, SMTPServerOptions, SendOutcome, string?]>([
    ['takes it', { onData: drained }, { outcome: 'sent' }],
    [
      'refuses the recipient for good',
      { onRcptTo: (_to, _session, done) => done(failing(550, '5.1.1 <ops@example.com>: no such user')) },
      { outcome: 'refused', code: '550 5.1.1' },
    ],
    [
      'refuses the recipient for now',
      { onRcptTo: (_to, _session, done) => done(failing(451, '4.7.1 Greylisted')) },
      { outcome: 'later', code: '451 4.7.1' },
    ],
    [
      'refuses the message for good',
      { onData: (stream, _session, done) => void stream.resume().on('end', () => done(failing(554))) },
      { outcome: 'refused', code: '554' },
    ],
    [
      'refuses the message for now',
      {
        onData: (stream, _session, done) => void stream.resume().on('end', () => done(failing(452, 'Full'))),
      },
      { outcome: 'later', code: '452' },
    ],
    [
      'refuses our sender: nobody can be told',
      { onMailFrom: (_from, _session, done) => done(failing(550, 'Not from you')) },
      { outcome: 'away', reason: expect.stringContaining('Not from you') },
    ],
    [
      'wants a login that we have not',
      { authOptional: false },
      { outcome: 'away', reason: expect.stringMatching(/[Aa]uthenticat/) },
    ],
    [
      'refuses our login',
      { onAuth: (_auth, _session, done) => done(failing(535, 'Who are you?')) },
      { outcome: 'away', reason: expect.stringContaining('Who are you?') },
      'user:wrong@',
    ],
    [
      'turns us away at the door for good',
      { onConnect: (_session, done) => done(failing(554, 'Blocked')) },
      { outcome: 'away', reason: expect.stringContaining('Blocked') },
    ],
    [
      'turns us away at the door for now',
      { onConnect: (_session, done) => done(failing(421, 'Busy')) },
      { outcome: 'away', reason: expect.stringContaining('Busy') },
    ],
    [
      'says goodbye instead of answering about the recipient',
      { onRcptTo: (_to, _session, done) => done(failing(421, 'Closing')) },
      { outcome: 'away', reason: expect.stringContaining('Closing') },
    ],
  ])('%s', async (_what, options, expected, login = '') => {
    const url = await startSmtp(options);
    expect(await tell(url.replace('//', `//${login}`))).toEqual(expected);
  });
});

/** Speaks SMTP by a script: after each line of ours, what to do. */
const scripted = (script: (line: string, socket: Socket) => void, greeting = '220 hello\r\n') =>
  startTcpServer((socket) => {
    socket.write(greeting);
    let isData = false;
    createInterface({ input: socket }).on('line', (line) => {
      if (isData && line !== '.') return;
      isData = line === 'DATA';
      script(isData || line !== '.' ? (line.split(/[ :]/)[0] ?? '') : 'END', socket);
    });
  });

const ANSWERS: Record<string, string> = {
  EHLO: '250 hello',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go on',
  END: '250 taken',
  QUIT: '221 bye',
};
const answers = (line: string, socket: Socket) => void socket.write(`${ANSWERS[line] ?? '250 ok'}\r\n`);
const smtp = ({ url }: { url: string }) => url.replace('http://', 'smtp://').replace(/\/$/, '');

describe.each([
  ['hangs', () => {}],
  ['drops the connection', (socket: Socket) => void socket.destroy()],
])('a server that %s', (_how, fails) => {
  test('at the greeting', async () => {
    const server = await startTcpServer(fails);
    expect(await tell(smtp(server))).toMatchObject({ outcome: 'away' });
  });

  test.each(['EHLO', 'MAIL', 'RCPT', 'DATA'])('at %s has taken nothing', async (at) => {
    const server = await scripted((line, socket) => (line === at ? fails(socket) : answers(line, socket)));
    expect(await tell(smtp(server))).toMatchObject({ outcome: 'away' });
  });

  test('when it has the whole message may have taken it', async () => {
    const server = await scripted((line, socket) => (line === 'END' ? fails(socket) : answers(line, socket)));
    expect(await tell(smtp(server))).toMatchObject({ outcome: 'unsure' });
  });

  test('in the middle of a login', async () => {
    const server = await scripted((line, socket) => {
      if (line === 'EHLO') socket.write('250-hello\r\n250 AUTH PLAIN LOGIN\r\n');
      else fails(socket);
    });
    expect(await tell(smtp(server).replace('//', '//user:pass@'))).toMatchObject({ outcome: 'away' });
  });

  test('in the middle of STARTTLS', async () => {
    const server = await scripted((line, socket) => {
      if (line === 'EHLO') socket.write('250-hello\r\n250 STARTTLS\r\n');
      else fails(socket);
    });
    expect(await tell(smtp(server))).toMatchObject({ outcome: 'away' });
  });

  test('in the TLS handshake', async () => {
    const server = await startTcpServer(fails);
    expect(await tell(smtp(server).replace('smtp:', 'smtps:'))).toMatchObject({ outcome: 'away' });
  });

  test('after it has taken the message, has taken it', async () => {
    const server = await scripted((line, socket) =>
      line === 'QUIT' ? fails(socket) : answers(line, socket),
    );
    expect(await tell(smtp(server))).toEqual({ outcome: 'sent' });
  });
});

test('a server whose certificate nobody vouches for', async () => {
  const url = await startSmtp({ disabledCommands: [], onData: drained });
  expect(await tell(url)).toMatchObject({ outcome: 'away', reason: expect.stringMatching(/certificate/) });
});

test('nobody listens', async () => {
  expect(await tell('smtp://127.0.0.1:1')).toMatchObject({ outcome: 'away' });
});

test('a server that drips an answer for ever is left when the time is up', async () => {
  const server = await startTcpServer((socket) => {
    const timer = setInterval(() => socket.write('220-wait\r\n'), 200);
    socket.on('close', () => clearInterval(timer));
  });
  expect(await tell(smtp(server))).toEqual({
    outcome: 'away',
    reason: 'the mail server did not answer in time',
  });
  await server.closed;
});

test.each([
  ['MAIL', 'away'],
  ['END', 'unsure'],
])('told to stop while the server hangs at %s, it leaves at once', async (at, outcome) => {
  const stop = new AbortController();
  const server = await scripted((line, socket) => {
    if (line === at) setTimeout(() => stop.abort(), 50);
    else answers(line, socket);
  });
  expect(await tell(smtp(server), stop.signal)).toMatchObject({ outcome });
  await server.closed;
});
