/** A real SMTP server on loopback that keeps what it gets, parsed as a mail program would. */
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

export type Mail = Email & { raw: string; recipients: string[] };

export type MailServer = {
  url: string;
  received: Mail[];
  /** whether the next mails are taken */
  accept(accepting: boolean): void;
  /** recipients that are refused, with the code that they are refused with */
  refuse(codes: Record<string, number>): void;
  /** what happens once when the next mail has come, before its sender is told so */
  onNext(hook: () => Promise<unknown>): void;
  close(): Promise<void>;
};

export async function startMailServer(): Promise<MailServer> {
  const received: Mail[] = [];
  let accepting = true;
  let refused: Record<string, number> = {};
  let hook: () => Promise<unknown> = async () => {};
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onRcptTo({ address }, _session, done) {
      const responseCode = refused[address];
      if (responseCode === undefined) return done();
      done(Object.assign(new Error(`<${address}> is refused`), { responseCode }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (!accepting) return done(Object.assign(new Error('Not now'), { responseCode: 451 }));
        const raw = Buffer.concat(chunks);
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        PostalMime.parse(raw).then(
          async (mail) => {
            received.push({ ...mail, raw: raw.toString(), recipients });
            const now = hook;
            hook = async () => {};
            await now();
            done();
          },
          (error: Error) => done(error),
        );
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    accept(value) {
      accepting = value;
    },
    refuse(codes) {
      refused = codes;
    },
    onNext(next) {
      hook = next;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
