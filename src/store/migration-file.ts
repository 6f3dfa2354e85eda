/** A migration's file: its statements, and the marks in its comments that say how the runner carries it out. */

/** One statement of a file that runs outside a transaction. */
export type MigrationStatement = {
  sql: string;
  /** in one line without comments, for people */
  title: string;
  /** repeated, each time in a transaction of its own, until it changes no row */
  isBatch: boolean;
  /** of a `create index concurrently`, the index's name */
  builds: string | null;
  /** holds no lock that a read or a write waits for, so it may take as long as it takes */
  isUnhurried: boolean;
};

export type Migration = {
  name: string;
  sql: string;
  isOutsideTransaction: boolean;
  /**
   * of a file that takes something away: the migration since which no program uses it. Null: programs that do not know this file
   * go on as before
   */
  contractSince: string | null;
  statements: MigrationStatement[];
};

const OUTSIDE_TRANSACTION = /^-- @outside-transaction\b/m;
const CONTRACT = /^-- @contract since (\S+)/m;
const BATCH = /^-- @batch\b/m;

/** Strings, names, dollar-quoted bodies and comments, in which a semicolon ends nothing; then semicolons; then the rest. */
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
