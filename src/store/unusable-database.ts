/** Says of a database that a command or a process cannot use what is wrong, and what to do about it. */
import { isDatabaseAway } from './pool.ts';

/** Codes of TLS, from OpenSSL and Node, and what `pg` says where the two sides do not agree on it. */
const TLS = /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;
const TLS_WORDS = /SSL connection/i;
/** What `pg` says where the server asks for a password and it has none. */
const NO_PASSWORD = /client password must be/;
/** SQLSTATE 42501 insufficient privilege, 25006 read-only transaction. */
const NOT_ALLOWED = ['42501', '25006'];

/**
 * The error to show for one that came while the database of DATABASE_URL was used; the same one where it says enough or is of another kind.
 * Never shows the URL, which may hold a password.
 */
export function unusableDatabase(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const because = (words: string) => new Error(words, { cause: error });
  const reason = (message || code).replace(/\.$/, '');
  if (NO_PASSWORD.test(message))
    return because('DATABASE_URL cannot be used: the database asks for a password, and there is none in it.');
  if (TLS.test(code) || TLS_WORDS.test(message)) {
    return because(
      `The database of DATABASE_URL cannot be reached over TLS: ${reason}. Correct its host or sslmode, or name the authority of its certificate with TIDINGS_CA_FILE.`,
    );
  }
  if (NOT_ALLOWED.includes(code)) {
    return because(
      `The database of DATABASE_URL lets nothing be changed: ${reason}. Grant its user the rights of an owner, and name the primary server.`,
    );
  }
  if (!isDatabaseAway(error)) return error;
  return because(
    `The database of DATABASE_URL cannot be reached: ${reason}. Correct its host and port, or start PostgreSQL there.`,
  );
}
