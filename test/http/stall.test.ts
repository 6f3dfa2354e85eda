/** A stall of our own process is no timeout of the receiver: what it has answered in time counts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { makeFolder } from '../helpers/folder.ts';
import { LOOPBACK } from '../helpers/service.ts';

const RECEIVER = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => {
      process.send('asked');
      setTimeout(() => response.end('x'.repeat(Number(request.headers['x-bytes']))), Number(request.headers['x-after-ms']));
    });
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit());`;

test.each([
  { bytes: 2, afterMs: 50, error: null },
  { bytes: 200_000, afterMs: 50, error: null },
  { bytes: 2, afterMs: 60_000, error: 'timeout' },
])(
  'a stall beyond the time limit, $bytes bytes answered after $afterMs ms: $error',
  async ({ bytes, afterMs, error }) => {
    const program = join(await makeFolder(), 'receiver.cjs');
    writeFileSync(program, RECEIVER);
    // In another process, which goes on while this one stands.
    const receiver = fork(program);
    const gone = once(receiver, 'exit');
    atEnd(async () => {
      receiver.kill('SIGKILL');
      await gone;
    });
    const [port] = await once(receiver, 'message');
    const sender = createSender({ guard: createAddressGuard({ allowCidrs: LOOPBACK }) });
    const sent = sender.send({
      url: `http://127.0.0.1:${port}/`,
      headers: [
        ['x-bytes', String(bytes)],
        ['x-after-ms', String(afterMs)],
      ],
      body: Buffer.from('{}'),
      timeoutMs: 500,
    });
    await once(receiver, 'message');
    const until = performance.now() + 1_500;
    while (performance.now() < until);
    const result = (await sent) as { error: { code: string } | null };
    expect(result.error?.code ?? null).toBe(error);
    await sender.close();
  },
);
