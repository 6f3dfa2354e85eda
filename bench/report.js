/** From the runs of each scenario to a median and a spread, and to a table that people read. */

/** @typedef {{ median: number, least: number, most: number }} Spread */

/**
 * @param {import('./measure.js').Measured[]} runs of one scenario
 * @returns the same shape with a Spread where a run has a number; null where no run has one
 */
export function summarise(runs) {
  return combine(runs.map(({ perSecond, ...row }) => row));
}

function combine(values) {
  const present = values.filter((value) => value !== null && value !== undefined);
  const [first] = present;
  if (first === undefined) return null;
  if (typeof first === 'number') return spread(present);
  if (typeof first === 'string') return [...new Set(present)].join(' ');
  const names = new Set(present.flatMap((value) => Object.keys(value)));
  return Object.fromEntries([...names].map((name) => [name, combine(present.map((value) => value[name]))]));
}

function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1) };
}

/** The sum of the medians of what belongs together. */
const total = (spreads, names) => names.reduce((sum, name) => sum + (spreads?.[name]?.median ?? 0), 0);
const postgresNames = (spreads) => Object.keys(spreads ?? {}).filter((name) => name.startsWith('postgres'));
const serviceNames = ['serve', 'api', 'worker'];

/** CPU by process, PostgreSQL's databases together. */
export const cpuByProcess = ({ cpuMs }) => ({
  ...Object.fromEntries(
    serviceNames.filter((name) => name in cpuMs).map((name) => [name, cpuMs[name].median]),
  ),
  Temporal: total(cpuMs, ['temporal']),
  PostgreSQL: total(cpuMs, postgresNames(cpuMs)),
});

const COLUMNS = [
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

const delivered = (spread) =>
  spread === null || spread.most === 0 ? '–' : withSpread(spread, spread.median < 100 ? 1 : 0);
const byRole = (row) =>
  Object.entries(cpuByProcess(row))
    .filter(([name]) => serviceNames.includes(name))
    .map(([name, ms]) => (name === 'serve' ? fixed(ms, 2) : `${name} ${fixed(ms, 2)}`))
    .join(', ');

function fixed(value, digits) {
  return value === null || value === undefined ? '–' : value.toFixed(digits);
}

/** The median, and where the runs differ from the least to the most. */
function withSpread(spread, digits) {
  if (spread === null) return '–';
  const [median, least, most] = [spread.median, spread.least, spread.most].map((value) =>
    fixed(value, digits),
  );
  return least === most ? median : `${median} (${least}–${most})`;
}

/** @returns {string} Markdown that can be read as text too */
export function table(about, rows) {
  const cells = [
    ['scenario', ...COLUMNS.map(([name]) => name)],
    ...rows.map((row) => [row.name, ...COLUMNS.map(([, show]) => show(row))]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const line = (texts) => `| ${texts.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = cells.map(line);
  const notes = rows.map(
    (row) =>
      `- **${row.name}**: ${row.title}${Object.entries(row.extra)
        .map(([name, value]) => `; ${name} ${extra(value)}`)
        .join('')}`,
  );
  return [
    ...describe(about),
    '',
    head,
    line(widths.map((width) => '-'.repeat(width))),
    ...body,
    '',
    ...notes,
  ].join('\n');
}

const extra = (value) => (typeof value === 'string' ? value : withSpread(value, value.median < 10 ? 2 : 0));

function describe({ machine, ...rest }) {
  const { cpu, cores, memoryGb, system, node, loadAverage } = machine;
  const busy = `load average ${loadAverage.toFixed(1)} when it began`;
  return [
    `machine: ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}; ${busy}`,
    ...Object.entries(rest).map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
}
