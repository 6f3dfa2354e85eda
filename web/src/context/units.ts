/** Units of durations by how the names of settings and variables end. */

const ENDINGS: readonly [ending: RegExp, ms: number][] = [
  [/_ms$/i, 1],
  [/(?<!_per)_(s|seconds)$/i, 1_000],
  [/_days$/i, 86_400_000],
];

/** @returns ms of the unit that a name says; `null`: it names no duration */
export const unitMsOf = (name: string): number | null =>
  ENDINGS.find(([ending]) => ending.test(name))?.[1] ?? null;
