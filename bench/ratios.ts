/** Two builds beside each other: the ratios of runs that followed one another, and the runs in their order. */
import { type Build, THIS_BUILD } from './build.ts';
import type { Measured } from './measure.ts';
import { aligned, spread, withSpread } from './report.ts';
import type { Run } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

const sum = (numbers: Record<string, number>) =>
  Object.values(numbers).reduce((total, value) => total + value, 0);

/** With more cores than that busy with something else, a run says more of the machine than of the service. */
const MOST_OTHER_CORES = 0.3;
const isVoid = ({ otherCores }: Measured) => otherCores > MOST_OTHER_CORES;

/** What is compared; `null` where a run has no such number. */
const COMPARED: [string, (measured: Measured) => number | null][] = [
  ['accepted/s', ({ acceptedPerS }) => acceptedPerS],
  ['delivered/s', ({ deliveredPerS }) => deliveredPerS],
  ['p50', ({ latencyMs }) => latencyMs.p50],
  ['p99', ({ latencyMs }) => latencyMs.p99],
  ['CPU', ({ cpuMs }) => sum(cpuMs)],
  ['MB', ({ memoryMb }) => sum(memoryMb)],
];

/** @returns the lines of a table: for each scenario this build's number divided by the other's, round by round */
export function ratios(scenarios: readonly Scenario[], runs: readonly Run[], other: Build): string[] {
  const body = scenarios.flatMap(({ name }) => {
    const ofBuild = (build: Build) => runs.filter((run) => run.scenario === name && run.build === build.name);
    const pairs = ofBuild(THIS_BUILD).flatMap((mine) => {
      const theirs = ofBuild(other).find(({ round }) => round === mine.round);
      return theirs === undefined ? [] : [[mine.measured, theirs.measured] as const];
    });
    const cells = COMPARED.map(([, read]) => {
      const quotients = pairs
        .map(([mine, theirs]) => (read(mine) ?? Number.NaN) / (read(theirs) ?? Number.NaN))
        .filter(Number.isFinite);
      return withSpread(quotients.length === 0 ? null : spread(quotients), 2);
    });
    const voidPairs = pairs.filter((pair) => pair.some(isVoid)).length;
    return pairs.length === 0 ? [] : [[name, ...cells, String(pairs.length), String(voidPairs)]];
  });
  return aligned(['scenario', ...COMPARED.map(([name]) => name), 'pairs', 'of them void'], body);
}

/** @returns the lines of a table: each run with the machine's speed before and after it */
export function runsInTurn(runs: readonly Run[]): string[] {
  const fixed = (value: number | null, digits: number) => (value === null ? '–' : value.toFixed(digits));
  return aligned(
    [
      'scenario',
      'build',
      'machine before',
      'after',
      'delivered/s',
      'p50 ms',
      'p99 ms',
      'CPU ms',
      'other load, cores',
    ],
    runs.map(({ scenario, build, measured, speed }) => [
      scenario,
      build,
      fixed(speed.before, 0),
      fixed(speed.after, 0),
      fixed(measured.deliveredPerS, 0),
      fixed(measured.latencyMs.p50, 1),
      fixed(measured.latencyMs.p99, 1),
      fixed(sum(measured.cpuMs), 2),
      `${fixed(measured.otherCores, 2)}${isVoid(measured) ? ', void' : ''}`,
    ]),
  );
}
