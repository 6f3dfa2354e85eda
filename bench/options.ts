/** The command line of `npm run bench`. */
import { Command } from 'commander';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';

/** What `--quick` leaves of the events and of the time. */
const QUICK = 0.1;
const RUNS = 3;

export type Options = {
  scenarios: Scenario[];
  /** of each scenario */
  runs: number;
  out: string;
  isQuick: boolean;
  /** what events and seconds are multiplied by */
  factor: number;
  deadSeconds: number;
  /** more environment for the service; null where none was asked for */
  env: Record<string, string> | null;
  profile: boolean;
  /** the commit that is measured in turns with this build */
  against: string | null;
};

type Given = {
  scenario?: string;
  runs?: number;
  out: string;
  quick?: boolean;
  deadSeconds: number;
  env?: string[];
  profile?: boolean;
  against?: string;
  list?: boolean;
};

/** Reads the command line. Ends the process where it only asks for a list, or cannot be understood. */
export function readOptions(): Options {
  const program = new Command('npm run bench --')
    .description('Measures the service in its production shape on this machine.')
    .option('-s, --scenario <names>', 'only these, comma-separated')
    .option(
      '-r, --runs <count>',
      `runs of each; the report has their median and spread (default: ${RUNS})`,
      Number,
    )
    .option('-o, --out <folder>', 'where results.json, results.md and results.svg go', 'bench/results')
    .option(
      '--against <commit>',
      'build this commit too, run it in turns with this build, and print the ratios',
    )
    .option('--quick', 'a tenth of the events and of the time, one run: to see that it works')
    .option('--dead-seconds <seconds>', 'how long events go to the dead endpoint', Number, 30)
    .option('--env <settings...>', 'more environment for the service, NAME=value')
    .option(
      '--profile',
      'CPU profiles of the service and its most expensive statements, in the folder; costs time',
    )
    .option('--list', 'say which scenarios there are')
    .parse();
  const given = program.opts<Given>();
  if (given.list) {
    for (const { name, title } of SCENARIOS) console.log(`${name.padEnd(16)}${title}`);
    process.exit(0);
  }
  const names = given.scenario?.split(',') ?? SCENARIOS.map(({ name }) => name);
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0)
    program.error(`There is no scenario ${unknown.join(', ')}; --list says which there are.`);
  const isQuick = given.quick ?? false;
  return {
    scenarios: SCENARIOS.filter(({ name }) => names.includes(name)),
    runs: given.runs ?? (isQuick ? 1 : RUNS),
    out: given.out,
    isQuick,
    factor: isQuick ? QUICK : 1,
    deadSeconds: given.deadSeconds,
    env: given.env === undefined ? null : settingsOf(given.env),
    profile: given.profile ?? false,
    against: given.against ?? null,
  };
}

/** @param settings each `NAME=value` */
const settingsOf = (settings: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    settings.map((setting) => {
      const [name = '', value = ''] = setting.split(/=(.*)/s, 2);
      return [name, value];
    }),
  );
