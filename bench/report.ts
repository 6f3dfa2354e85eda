/** Report of the runs: a median and a spread of each scenario, and a table that people read. */
import type { Measured } from './measure.ts';
import type { Machine } from './processes.ts';

export type Spread = { median: number; least: number; most: number };

/** The shape of what a run measured, with a Spread where it has a number; null where no run has one. */
type Spreads<Value> = Value extends number
  ? Spread
  : Value extends string | null
    ? Value
    : { [Name in keyof Value]: Spreads<Value[Name]> };

export type Summary = Spreads<Omit<Measured, 'perSecond'>>;

/** A scenario's runs in the report. */
export type Row = Summary & { name: string; title: string };

/** What the report says of itself; `machine` as it was when the bench began. */
export type About = { machine: Machine & { loadAverage: number } } & Record<string, unknown>;

/** @param runs of one scenario, at least one */
export function summarise(runs: readonly Measured[]): Summary {
  return combine(runs.map(({ perSecond, ...row }) => row)) as Summary;
}

function combine(values: readonly unknown[]): unknown {
  const present = values.filter((value) => value !== null && value !== undefined);
  const [first] = present;
  if (first === undefined) return null;
  if (typeof first === 'number') return spread(present as number[]);
  if (typeof first === 'string') return [...new Set(present)].join(' ');
  const records = present as Record<string, unknown>[];
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  return Object.fromEntries([...names].map((name) => [name, combine(records.map((record) => record[name]))]));
}

/** @param numbers at least one */
export function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const nth = (at: number) => sorted[at] ?? Number.NaN;
  const upper = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? nth(upper) : (nth(upper - 1) + nth(upper)) / 2;
  return { median, least: nth(0), most: nth(sorted.length - 1) };
}

/** The sum of the medians of what belongs together. */
const total = (spreads: Record<string, Spread> | null, names: readonly string[]) =>
  names.reduce((sum, name) => sum + (spreads?.[name]?.median ?? 0), 0);
const postgresNames = (spreads: Record<string, Spread>) =>
  Object.keys(spreads).filter((name) => name.startsWith('postgres'));
const serviceNames = ['serve', 'api', 'worker'];

/** CPU by process, PostgreSQL's databases together. */
export const cpuByProcess = ({ cpuMs }: Summary): Record<string, number> => ({
  ...Object.fromEntries(
    serviceNames.filter((name) => name in cpuMs).map((name) => [name, total(cpuMs, [name])]),
  ),
  Temporal: total(cpuMs, ['temporal']),
  PostgreSQL: total(cpuMs, postgresNames(cpuMs)),
});

const COLUMNS: [string, (row: Row) => string][] = [
  ['accepted/s', ({ acceptedPerS }) => withSpread(acceptedPerS, 0)],
  ['delivered/s', ({ deliveredPerS }) => withSpread(deliveredPerS, 0)],
  ['p50 ms', ({ latencyMs }) => delivered(latencyMs.p50)],
  ['p95 ms', ({ latencyMs }) => delivered(latencyMs.p95)],
  ['p99 ms', ({ latencyMs }) => delivered(latencyMs.p99)],
  ['CPU ms: service', (row) => byRole(row)],
  ['Temporal', (row) => fixed(cpuByProcess(row).Temporal, 2)],
  ['PostgreSQL', (row) => fixed(cpuByProcess(row).PostgreSQL, 2)],
  [
    'all',
    (row) =>
      fixed(
        Object.values(cpuByProcess(row)).reduce((sum, ms) => sum + ms, 0),
        2,
      ),
  ],
  ['MB: service + PostgreSQL', ({ memoryMb }) => fixed(total(memoryMb, [...serviceNames, 'postgres']), 0)],
  ['MB: Temporal', ({ memoryMb }) => fixed(total(memoryMb, ['temporal']), 0)],
  ['transitions', ({ transitions }) => fixed(transitions?.median, 2)],
  ['history bytes', ({ historyBytes }) => fixed(historyBytes?.median, 0)],
  ['statements: Tidings', ({ statements }) => fixed(total(statements, ['tidings']), 2)],
  ['Temporal’s', ({ statements }) => fixed(total(statements, ['temporal', 'temporal_visibility']), 2)],
  ['other load, cores', ({ otherCores }) => fixed(otherCores.median, 2)],
];

const delivered = (spread: Spread | null) =>
  spread === null || spread.most === 0 ? '–' : withSpread(spread, spread.median < 100 ? 1 : 0);
const byRole = (row: Row) =>
  Object.entries(cpuByProcess(row))
    .filter(([name]) => serviceNames.includes(name))
    .map(([name, ms]) => (name === 'serve' ? fixed(ms, 2) : `${name} ${fixed(ms, 2)}`))
    .join(', ');

function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? '–' : value.toFixed(digits);
}

/** The median, and where the runs differ from the least to the most. */
export function withSpread(spread: Spread | null, digits: number): string {
  if (spread === null) return '–';
  const shown = (value: number) => value.toFixed(digits);
  const [median, least, most] = [shown(spread.median), shown(spread.least), shown(spread.most)];
  return least === most ? median : `${median} (${least}–${most})`;
}

/** @returns the lines of the table and of the notes below it: Markdown that can be read as text too */
export function table(rows: readonly Row[]): string[] {
  const notes = rows.map(
    (row) =>
      `- **${row.name}**: ${row.title}${Object.entries(row.extra)
        .map(([name, value]) => `; ${name} ${extra(value)}`)
        .join('')}`,
  );
  const head = ['scenario', ...COLUMNS.map(([name]) => name)];
  const body = rows.map((row) => [row.name, ...COLUMNS.map(([, show]) => show(row))]);
  return [...aligned(head, body), '', ...notes];
}

/** @returns the lines of a Markdown table whose columns stand under each other */
export function aligned(head: readonly string[], body: readonly string[][]): string[] {
  const widths = head.map((name, column) =>
    Math.max(name.length, ...body.map((line) => line[column]?.length ?? 0)),
  );
  const line = (texts: readonly string[]) =>
    `| ${widths.map((width, column) => (texts[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}

const extra = (value: string | Spread) =>
  typeof value === 'string' ? value : withSpread(value, value.median < 10 ? 2 : 0);

/** @returns the lines above the table */
export function describe({ machine, ...rest }: About): string[] {
  const { cpu, cores, memoryGb, system, node, loadAverage } = machine;
  const busy = `load average ${loadAverage.toFixed(1)} when it began`;
  return [
    `machine: ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; ${busy}`,
    ...Object.entries(rest).map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
}
