/** Jest's global tear-down: prints what the fault tests have counted, and ends the servers. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tearDownServers } from './test-servers.ts';

const COLUMNS = ['fault', 'accepted', 'refused', 'delivered', 'told', 'twice', 'lost', 'seconds', 'died'];

export default async function tearDown(): Promise<void> {
  const file = process.env.TEST_FAULTS_ACCOUNT;
  if (file !== undefined && existsSync(file)) {
    const table = asTable(readFileSync(file, 'utf8'));
    process.stdout.write(`\n${table}`);
    if (process.env.TIDINGS_FAULTS_TABLE) writeFileSync(process.env.TIDINGS_FAULTS_TABLE, table);
  }
  await tearDownServers();
}

/** Markdown that is readable in a terminal too: the first column to the left, numbers to the right. */
function asTable(lines: string): string {
  const rows = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string | number>)
    .sort((a, b) => ((a.fault ?? '') < (b.fault ?? '') ? -1 : 1))
    .map((row) => COLUMNS.map((column) => String(row[column])));
  const widths = COLUMNS.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: string[]) =>
    `| ${widths.map((width, at) => (at === 0 ? cells[at]?.padEnd(width) : cells[at]?.padStart(width))).join(' | ')} |\n`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [COLUMNS, rule, ...rows].map(line).join('');
}
