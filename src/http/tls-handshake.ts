/** TLS handshake over an open connection, for the name in the URL, with a message for every failure. */
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { Peer } from '../domain/peer.ts';
import { AttemptFailedError } from './attempt-failure.ts';
import { peerOf } from './peer-certificate.ts';
import { isTlsError, tlsReason } from './tls-reasons.ts';

export type TlsHandshake = (
  socket: Socket,
  target: { host: string; port: number },
  signal: AbortSignal,
  /** called with what the receiver has shown, before it is checked */
  shown: (peer: Peer) => void,
) => Promise<TLSSocket>;

const MAX_SESSIONS = 500;

/** @param options.ca PEM; default: Node's */
export function createTlsHandshake(options: { ca: readonly string[] | undefined }): TlsHandshake {
  const ca = options.ca === undefined ? {} : { ca: [...options.ca] };
  // Resuming a session saves both sides the expensive part of the handshake.
  const sessions = new LRUCache<string, Buffer>({ max: MAX_SESSIONS });

  return (socket, { host, port }, signal, shown) => {
    const key = `${host} ${port}`;
    // The certificate is checked against the name in the URL; an address has no name to send.
    const names = isIP(host) === 0 ? { host, servername: host } : { host, servername: '' };
    const session = sessions.get(key);
    return new Promise<TLSSocket>((resolve, reject) => {
      const secured = connectTls({
        socket,
        ...names,
        ...ca,
        ...(session && { session }),
        ALPNProtocols: ['http/1.1'],
      });
      const end = (act: () => void) => {
        signal.removeEventListener('abort', giveUp);
        secured.off('error', failed).off('close', lost).off('secureConnect', agreed);
        act();
      };
      const fail = (error: unknown) =>
        end(() => {
          // Later errors do not matter, but without a listener they would be thrown.
          secured.on('error', () => {}).destroy();
          socket.destroy();
          reject(error);
        });
      const giveUp = () => fail(signal.reason);
      const failed = (error: Error & { code?: string }) => fail(handshakeFailure(error));
      const lost = () => fail(handshakeFailure(null));
      const agreed = () => end(() => resolve(secured));
      // Before Node's own listener checks the certificate, and closes the socket when it is not acceptable.
      secured.prependOnceListener('secure', () => shown(peerOf(secured)));
      secured.on('session', (fresh: Buffer) => sessions.set(key, fresh));
      secured.once('error', failed).once('close', lost).once('secureConnect', agreed);
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
    });
  };
}

function handshakeFailure(error: (Error & { code?: string }) | null): AttemptFailedError {
  if (error !== null && isTlsError(error.code ?? '')) {
    return new AttemptFailedError({ code: 'tls_error', message: tlsReason(error) }, { cause: error });
  }
  return new AttemptFailedError(
    { code: 'tls_error', message: 'The connection was closed during the TLS handshake.' },
    { isSilence: true, cause: error },
  );
}
