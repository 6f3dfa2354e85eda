/** Durations as people write them in a retry schedule: `30s, 5m, 2h, 1d`; a number alone is seconds. */

const SECONDS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };
const UNITS = ['d', 'h', 'm', 's'] as const;

/**
 * Reads a list of durations.
 * @returns `problem`: the part that is none, where there is one
 */
export function durationsIn(text: string): { seconds: number[]; problem: string | null } {
  const seconds: number[] = [];
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(s|m|h|d|)$/i.exec(part) ?? [];
    const factor = SECONDS[unit.toLowerCase()];
    if (digits === undefined || factor === undefined) return { seconds, problem: part };
    seconds.push(Number(digits) * factor);
  }
  return { seconds, problem: null };
}

/** Writes them, each in the largest unit that leaves no fraction. */
export const durationsOf = (seconds: readonly number[]): string =>
  seconds
    .map((each) => {
      const unit =
        UNITS.find((one) => each >= (SECONDS[one] ?? 1) && each % (SECONDS[one] ?? 1) === 0) ?? 's';
      return `${each / (SECONDS[unit] ?? 1)}${unit}`;
    })
    .join(', ');
