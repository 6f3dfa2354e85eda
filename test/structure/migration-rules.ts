/** The rules for migrations (docs/migrations.md) as a linter, on what PostgreSQL's own parser makes of the SQL. */
import {
  type AlterTableCmd,
  type AlterTableStmt,
  type ColumnDef,
  type Constraint,
  type CreateStmt,
  type DropStmt,
  type IndexStmt,
  type Node,
  parseSync,
  type RenameStmt,
  type VariableSetStmt,
} from 'libpg-query';
import { readMigration } from '../../src/store/migration-file.ts';

/** Each waits 300 ms for its lock at most, and what the first one holds, others wait for meanwhile. */
const MAX_TABLES = 3;
const MAX_BATCH = 1_000;
const MAX_TIMEOUT_MS = 1_000;

/** What is known of the file that a statement stands in. */
type Context = {
  isOutside: boolean;
  isContract: boolean;
  isBatch: boolean;
  /** tables that this file makes: nobody uses them yet */
  created: Set<string>;
};

/**
 * @param known the names of all migrations
 * @returns what is wrong with it, a sentence each; nothing when it may be applied while everything runs
 * @throws Error when it is not SQL
 */
export function lintMigration(name: string, sql: string, known: readonly string[] = []): string[] {
  const migration = readMigration(name, sql);
  const statements = parse(sql);
  const split = migration.statements.map((statement) => parse(statement.sql)[0]);
  if (JSON.stringify(withoutPlaces(split)) !== JSON.stringify(withoutPlaces(statements))) {
    return ['the runner splits it into other statements than PostgreSQL does'];
  }
  const created = new Set(
    statements.flatMap((node) => ('CreateStmt' in node ? [node.CreateStmt.relation?.relname ?? ''] : [])),
  );
  const complaints = statements.flatMap((node, at) =>
    lintStatement(node, {
      isOutside: migration.isOutsideTransaction,
      isContract: migration.contractSince !== null,
      isBatch: migration.statements[at]?.isBatch ?? false,
      created,
    }).map((complaint) => `${migration.statements[at]?.title.slice(0, 80)}: ${complaint}`),
  );
  return [...complaints, ...lintWhole(name, migration, statements, created, known)];
}

function lintWhole(
  name: string,
  migration: ReturnType<typeof readMigration>,
  statements: Node[],
  created: Set<string>,
  known: readonly string[],
): string[] {
  const { contractSince: since, isOutsideTransaction } = migration;
  const complaints: string[] = [];
  if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name)) complaints.push('its name is not like 0042_some_words.sql');
  if (since !== null && !(known.includes(since) && since < name)) {
    complaints.push(`@contract since ${since}: there is no such earlier migration`);
  }
  const tables = new Set(
    statements.flatMap((node) => lockedTables(node)).filter((table) => !created.has(table)),
  );
  if (!isOutsideTransaction && tables.size > MAX_TABLES) {
    complaints.push(
      `it locks ${[...tables].join(', ')} at once: at most ${MAX_TABLES} tables a file, or -- @outside-transaction`,
    );
  }
  return complaints;
}

function parse(sql: string): Node[] {
  return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
}

/** A node says where in the text it stands, which differs when the text is split. */
const withoutPlaces = (nodes: unknown): unknown =>
  JSON.parse(
    JSON.stringify(nodes, (key, value) =>
      /location$|^rexpr_list_(start|end)$/.test(key) ? undefined : value,
    ) ?? 'null',
  );

function lockedTables(node: Node): string[] {
  if ('AlterTableStmt' in node) return [node.AlterTableStmt.relation?.relname ?? ''];
  if ('CreateTrigStmt' in node) return [node.CreateTrigStmt.relation?.relname ?? ''];
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_TABLE') return [JSON.stringify(node)];
  if (!('CreateStmt' in node)) return [];
  const constraints = (node.CreateStmt.tableElts ?? []).flatMap((element) => {
    if ('Constraint' in element) return [element.Constraint];
    return 'ColumnDef' in element ? constraintsOf(element.ColumnDef) : [];
  });
  return constraints.flatMap(({ pktable }) => (pktable?.relname === undefined ? [] : [pktable.relname]));
}

function lintStatement(node: Node, context: Context): string[] {
  if ('CreateStmt' in node) return lintCreate(node.CreateStmt, context);
  if ('IndexStmt' in node) return lintIndex(node.IndexStmt, context);
  if ('DropStmt' in node) return lintDrop(node.DropStmt, context);
  if ('RenameStmt' in node) return lintRename(node.RenameStmt, context);
  if ('AlterTableStmt' in node) return lintAlter(node.AlterTableStmt, context);
  if ('UpdateStmt' in node) return lintData(node.UpdateStmt.whereClause, context);
  if ('DeleteStmt' in node) return lintData(node.DeleteStmt.whereClause, context);
  if ('InsertStmt' in node) return lintInsert(node.InsertStmt.selectStmt, context);
  if ('VariableSetStmt' in node) return lintSetting(node.VariableSetStmt, context);
  if ('CreateSeqStmt' in node) return repeatable(node.CreateSeqStmt.if_not_exists, 'if not exists', context);
  if ('CreateFunctionStmt' in node) return repeatable(node.CreateFunctionStmt.replace, 'or replace', context);
  if ('CreateTrigStmt' in node) return repeatable(node.CreateTrigStmt.replace, 'or replace', context);
  if ('CommentStmt' in node || 'GrantStmt' in node) return [];
  return [`${Object.keys(node)[0]}: no rule allows it (test/structure/migration-rules.ts)`];
}

/** Outside a transaction, what was interrupted begins again at the first statement. */
function repeatable(isRepeatable: boolean | undefined, words: string, { isOutside }: Context): string[] {
  return isOutside && !isRepeatable ? [`outside a transaction it must bear to be repeated: ${words}`] : [];
}

const lintCreate = (statement: CreateStmt, context: Context) =>
  repeatable(statement.if_not_exists, 'if not exists', context);

function lintIndex(statement: IndexStmt, context: Context): string[] {
  const isNew = context.created.has(statement.relation?.relname ?? '');
  if (!statement.concurrent) {
    return isNew && !context.isOutside
      ? []
      : [
          'building an index stops all writes: create index concurrently, in a file with -- @outside-transaction',
        ];
  }
  if (!context.isOutside) return ['concurrently needs a file with -- @outside-transaction'];
  if (!statement.idxname) return ['the index needs a name, so that one that was left invalid is found'];
  return repeatable(statement.if_not_exists, 'if not exists', context);
}

function lintDrop(statement: DropStmt, context: Context): string[] {
  const again = repeatable(statement.missing_ok, 'if exists', context);
  if (statement.removeType !== 'OBJECT_INDEX') {
    return context.isContract
      ? again
      : ['the version before this one may use it: only a file with -- @contract since … may drop it'];
  }
  if (statement.concurrent && context.isOutside) return again;
  return [
    'dropping an index waits for all reads, and all reads for it: drop index concurrently, in a file with -- @outside-transaction',
  ];
}

function lintRename(statement: RenameStmt, context: Context): string[] {
  if (statement.renameType === 'OBJECT_INDEX') return repeatable(statement.missing_ok, 'if exists', context);
  return [
    'the version before this one knows it by its old name: add the new one beside it, and drop the old one later',
  ];
}

function lintData(where: Node | undefined, context: Context): string[] {
  if (!context.isOutside || !context.isBatch) {
    return [
      'rows are changed in batches: -- @batch above the statement, in a file with -- @outside-transaction',
    ];
  }
  const limit = limitOf(where);
  if (limit !== undefined && limit <= MAX_BATCH) return [];
  return [`a batch is … where … in (select … limit ${MAX_BATCH}) or fewer, of the rows that still need it`];
}

function limitOf(where: Node | undefined): number | undefined {
  const found = /"limitCount":\{"A_Const":\{"ival":\{"ival":(\d+)/.exec(JSON.stringify(where) ?? '');
  return found === null ? undefined : Number(found[1]);
}

function lintInsert(source: Node | undefined, context: Context): string[] {
  const isRows =
    source !== undefined && 'SelectStmt' in source && source.SelectStmt.valuesLists !== undefined;
  return isRows && !context.isOutside
    ? []
    : ['only rows that stand in the file may be inserted, in a transaction'];
}

function lintSetting({ name, args }: VariableSetStmt, { isOutside }: Context): string[] {
  if (isOutside || !['lock_timeout', 'statement_timeout'].includes(name ?? '')) {
    return ['the runner sets what a migration runs with'];
  }
  const [, number, unit] = /"(?:sval|ival)":"?(\d+)(ms|s|)"?\}/.exec(JSON.stringify(args) ?? '') ?? [];
  const ms = Number(number) * (unit === 's' ? 1_000 : 1);
  return ms > 0 && ms <= MAX_TIMEOUT_MS
    ? []
    : [`${name} may be shorter than the runner's, not over a second`];
}

function lintAlter(statement: AlterTableStmt, context: Context): string[] {
  if (statement.objtype !== 'OBJECT_TABLE') return ['only tables may be altered'];
  if (!context.isOutside && context.created.has(statement.relation?.relname ?? '')) return [];
  return (statement.cmds ?? []).flatMap((node) =>
    'AlterTableCmd' in node ? lintCommand(node.AlterTableCmd, context) : [],
  );
}

const CATALOGUE_ONLY = new Set([
  'AT_ColumnDefault',
  'AT_DropNotNull',
  'AT_DropConstraint',
  'AT_SetStatistics',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
]);

function lintCommand(command: AlterTableCmd, context: Context): string[] {
  const { subtype = '', def } = command;
  if (subtype === 'AT_AddColumn' && def !== undefined && 'ColumnDef' in def) {
    return [...repeatable(command.missing_ok, 'if not exists', context), ...lintColumn(def.ColumnDef)];
  }
  if (subtype === 'AT_AddConstraint' && def !== undefined && 'Constraint' in def) {
    return lintConstraint(def.Constraint, context);
  }
  if (subtype === 'AT_ValidateConstraint') {
    return context.isOutside
      ? []
      : ['it reads the whole table: in a later file, with -- @outside-transaction'];
  }
  if (subtype === 'AT_DropColumn') {
    if (!context.isContract)
      return ['the version before this one may use it: only a file with -- @contract since … may drop it'];
    return repeatable(command.missing_ok, 'if exists', context);
  }
  if (subtype === 'AT_AlterColumnType')
    return ['changing a type rewrites the table: add a column with the new one'];
  if (subtype === 'AT_SetNotNull') {
    return [
      'it reads the whole table under a lock: add check (… is not null) not valid, and validate it in a later file',
    ];
  }
  if (CATALOGUE_ONLY.has(subtype))
    return repeatable(subtype !== 'AT_DropConstraint' || command.missing_ok, 'if exists', context);
  return [`${subtype}: no rule allows it (test/structure/migration-rules.ts)`];
}

const constraintsOf = (column: ColumnDef): Constraint[] =>
  (column.constraints ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));

/** A column comes for nothing while what it holds in the rows that are there is one constant, or null. */
function lintColumn(column: ColumnDef): string[] {
  const constraints = constraintsOf(column);
  const has = (type: string) => constraints.some(({ contype }) => contype === type);
  const complaints: string[] = [];
  const type = JSON.stringify(column.typeName);
  if (/"(big|small)?serial[248]?"/.test(type))
    complaints.push('serial gives each row a value of its own: it rewrites the table');
  if (has('CONSTR_NOTNULL') && !has('CONSTR_DEFAULT'))
    complaints.push('not null needs a default that is a constant');
  for (const { contype, raw_expr } of constraints) {
    if (contype === 'CONSTR_DEFAULT' && !isConstant(raw_expr)) {
      complaints.push('a default that is not a constant rewrites the table');
    }
    if (!['CONSTR_NOTNULL', 'CONSTR_NULL', 'CONSTR_DEFAULT'].includes(contype ?? '')) {
      complaints.push(
        `${contype} on a new column reads or rewrites the table: add the column bare, and what it is bound by in a statement of its own`,
      );
    }
  }
  return complaints;
}

/** `now()` counts: it is the same for all rows of a statement, so that PostgreSQL keeps it once. */
function isConstant(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if ('A_Const' in node || 'SQLValueFunction' in node) return true;
  if ('TypeCast' in node) return isConstant(node.TypeCast.arg);
  if ('A_ArrayExpr' in node) return (node.A_ArrayExpr.elements ?? []).every(isConstant);
  return (
    'FuncCall' in node && /^\[\{"String":\{"sval":"now"\}\}\]$/.test(JSON.stringify(node.FuncCall.funcname))
  );
}

function lintConstraint(constraint: Constraint, { isOutside }: Context): string[] {
  if (isOutside) return ['add constraint cannot be repeated: in a file that is one transaction'];
  const { contype = '', indexname, skip_validation } = constraint;
  if (['CONSTR_UNIQUE', 'CONSTR_PRIMARY'].includes(contype)) {
    return indexname
      ? []
      : ['it builds an index under a lock: build one concurrently, then add constraint … using index'];
  }
  return skip_validation
    ? []
    : ['it reads the whole table under a lock: not valid, and validate it in a later file'];
}
