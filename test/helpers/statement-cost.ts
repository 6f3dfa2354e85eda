/**
 * The rows that each statement of this process reads, which PostgreSQL tells by carrying the statement out once before it is
 * carried out.
 */
import pg from 'pg';

export type StatementCost = {
  text: string;
  /** rows that scans went through, those that a filter took away included */
  rowsRead: number;
  /** pages of 8 KiB that were touched */
  buffers: number;
  /** of what was handed to this process */
  bytes: number;
};

const EXPLAINED = /^\s*(--.*\n\s*)*(select|with|insert|update|delete)\b/i;

/**
 * Watches every connection of this process from now on.
 * @returns `taken`: the costs since it was called last; `stop`: puts everything back
 */
export function watchStatements(): { taken(): StatementCost[]; stop(): void } {
  const original = pg.Client.prototype.query as (...args: any[]) => any;
  let costs: StatementCost[] = [];
  const open = new WeakMap<object, boolean>();

  async function costOf(client: object, text: string, values: unknown[]): Promise<StatementCost> {
    const run = (sql: string, given?: unknown[]) =>
      original.call(client, sql, given) as Promise<pg.QueryResult>;
    const isOpen = open.get(client) === true;
    await run(isOpen ? 'savepoint watched' : 'begin');
    try {
      const { rows } = await run(`explain (analyze, buffers, format json) ${text}`, values);
      const { Plan: plan } = JSON.parse(rows[0]['QUERY PLAN'])[0];
      return {
        text,
        rowsRead: rowsRead(plan),
        buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
        bytes: 0,
      };
    } finally {
      await run(isOpen ? 'rollback to savepoint watched' : 'rollback');
    }
  }

  async function watched(client: object, args: any[]): Promise<pg.QueryResult> {
    const [first, second] = args;
    const text: string = typeof first === 'string' ? first : first.text;
    const values: unknown[] = (typeof first === 'string' ? second : (first.values ?? second)) ?? [];
    if (/^begin/i.test(text)) open.set(client, true);
    if (/^(commit|rollback$)/i.test(text)) open.set(client, false);
    const cost = EXPLAINED.test(text) ? await costOf(client, text, values) : null;
    const result: pg.QueryResult = await original.apply(client, args);
    if (cost !== null) costs.push({ ...cost, bytes: bytesOf(result.rows) });
    return result;
  }

  pg.Client.prototype.query = function query(this: object, ...args: any[]) {
    const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    const promise = watched(this, args);
    if (callback === undefined) return promise;
    promise.then(
      (result) => callback(undefined, result),
      (error) => callback(error),
    );
  } as never;

  return {
    taken() {
      const taken = costs;
      costs = [];
      return taken;
    },
    stop() {
      pg.Client.prototype.query = original as never;
    },
  };
}

function rowsRead(node: any): number {
  const below = (node.Plans ?? []).map(rowsRead).reduce((sum: number, n: number) => sum + n, 0);
  if (!/Scan/.test(node['Node Type']) || node['Relation Name'] === undefined) return below;
  const each =
    node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return below + each * node['Actual Loops'];
}

function bytesOf(rows: Record<string, unknown>[]): number {
  let bytes = 0;
  for (const row of rows)
    for (const value of Object.values(row))
      bytes += Buffer.isBuffer(value) ? value.length : typeof value === 'string' ? value.length : 8;
  return bytes;
}
