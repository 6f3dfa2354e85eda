/** The files in the results' folder: every run as JSON, the report as Markdown and as a picture. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Build, THIS_BUILD } from './build.ts';
import { plot } from './plot.ts';
import { ratios, runsInTurn } from './ratios.ts';
import { type About, describe, type Row, summarise, table } from './report.ts';
import type { Run } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

type Results = {
  about: About;
  scenarios: readonly Scenario[];
  runs: readonly Run[];
  /** the build that this one is compared with */
  other: Build | null;
};

/**
 * Writes results.json, results.md and results.svg.
 * @returns what results.md says
 */
export async function writeResults(out: string, results: Results): Promise<string> {
  const { about, runs, other } = results;
  const rows = rowsOf(results, THIS_BUILD);
  const report = other === null ? table(rows) : comparison(results, other, rows);
  const text = [...describe(about), '', ...report].join('\n');
  await writeFile(join(out, 'results.json'), `${JSON.stringify({ about, rows, runs }, null, 2)}\n`);
  await writeFile(join(out, 'results.md'), `${text}\n`);
  await writeFile(join(out, 'results.svg'), plot(rows));
  return text;
}

function comparison(results: Results, other: Build, rows: readonly Row[]): string[] {
  const { scenarios, runs } = results;
  return [
    `## This build / ${other.name}, for each pair of runs: median (least–most)`,
    '',
    ...ratios(scenarios, runs, other),
    '',
    '## The runs, in their order',
    '',
    ...runsInTurn(runs),
    '',
    '## This build',
    '',
    ...table(rows),
    '',
    `## ${other.name}`,
    '',
    ...table(rowsOf(results, other)),
  ];
}

function rowsOf({ scenarios, runs }: Results, build: Build): Row[] {
  return scenarios.flatMap(({ name, title }) => {
    const measured = runs
      .filter((run) => run.scenario === name && run.build === build.name)
      .map((run) => run.measured);
    return measured.length === 0 ? [] : [{ name, title, ...summarise(measured) }];
  });
}
