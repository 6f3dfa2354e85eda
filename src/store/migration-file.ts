/** Reads a migration's file: its statements, and the marks in its comments that tell the runner how to apply it. */

/** One statement of a file that runs outside a transaction. */
export type MigrationStatement = {
  sql: string;
  /** the statement in one line without comments, for people */
  title: string;
  /** whether it is repeated, each time in a transaction of its own, until it changes no row */
  isBatch: boolean;
  /** the index that a `create index concurrently` builds; `null`: another statement */
  builds: string | null;
  /** whether it holds no lock that reads or writes wait for, so that it may take any time */
  isUnhurried: boolean;
};

export type Migration = {
  name: string;
  sql: string;
  isOutsideTransaction: boolean;
  /**
   * the migration since which no program uses what this file removes; `null`: the file removes nothing, and older programs go on
   * as before
   */
  contractSince: string | null;
  statements: MigrationStatement[];
};

const OUTSIDE_TRANSACTION = /^-- @outside-transaction\b/m;
const CONTRACT = /^-- @contract since (\S+)/m;
const BATCH = /^-- @batch\b/m;

/** Strings, names, dollar-quoted bodies and comments, in which a semicolon ends no statement; then semicolons; then the rest. */
const PIECES = /'(?:[^']|'')*'|"[^"]*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\/|;|[^'"$/;-]+|[\s\S]/g;
const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g;

const BUILDS_INDEX = /^create (?:unique )?index concurrently (?:if not exists )?(\w+) on /i;
const UNHURRIED =
  /^(?:create (?:unique )?index concurrently|drop index concurrently|alter table \w+ validate constraint|analyze)\b/i;

export function readMigration(name: string, sql: string): Migration {
  return {
    name,
    sql,
    isOutsideTransaction: OUTSIDE_TRANSACTION.test(sql),
    contractSince: CONTRACT.exec(sql)?.[1] ?? null,
    statements: splitStatements(sql).map(readStatement),
  };
}

function splitStatements(sql: string): string[] {
  const statements = [''];
  for (const [piece] of sql.matchAll(PIECES)) {
    if (piece === ';') statements.push('');
    else statements[statements.length - 1] += piece;
  }
  return statements.filter((statement) => withoutComments(statement) !== '');
}

function readStatement(sql: string): MigrationStatement {
  const bare = withoutComments(sql);
  return {
    sql: sql.trim(),
    title: bare,
    isBatch: BATCH.test(sql),
    builds: BUILDS_INDEX.exec(bare)?.[1] ?? null,
    isUnhurried: UNHURRIED.test(bare),
  };
}

const withoutComments = (sql: string) => sql.replace(COMMENTS, ' ').replace(/\s+/g, ' ').trim();
