/**
 * A host name has one form, however it was typed: for the resolution, for TLS, in the `host` header, and in the check of the
 * certificate.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { createAddressGuard } from '../../src/http/address-guard.ts';
import { createSender } from '../../src/http/send.ts';
import { atEnd } from '../helpers/cleanup.ts';
import { makeFolder } from '../helpers/folder.ts';
import { LOOPBACK } from '../helpers/service.ts';

const NAME = 'xn--exmple-cua.test';
const seen = { asked: [] as string[], servernames: [] as unknown[], hosts: [] as unknown[] };
let port: number;
let authority: string;

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: NAME }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: NAME }] }],
  });
  authority = join(await makeFolder(), 'authority.pem');
  writeFileSync(authority, made.cert);
  const server = createServer({ key: made.private, cert: made.cert }, (request, response) => {
    seen.servernames.push((request.socket as { servername?: unknown }).servername);
    seen.hosts.push(request.headers.host);
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

test.each(['exämple.test', 'EXÄMPLE.test', 'exämple.test.', NAME, `${NAME.toUpperCase()}.`, 'exämple。test'])(
  '%s',
  async (typed) => {
    for (const list of Object.values(seen)) list.length = 0;
    const lookup = async (host: string) => {
      seen.asked.push(host);
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const sender = createSender({
      guard: createAddressGuard({ allowCidrs: LOOPBACK, lookup }),
      caFiles: [authority],
    });
    const url = `https://${typed}:${port}/`;
    const result = await sender.send({ url, headers: [], body: Buffer.from('{}'), timeoutMs: 20_000 });
    await sender.close();
    expect(result).toMatchObject({ error: null, response: { status: 200 } });
    expect(seen).toEqual({ asked: [NAME], servernames: [NAME], hosts: [`${NAME}:${port}`] });
  },
);
