/** Rows that say the same of the same thing, one after the other, as one: many alike must not push the others away. */

export type Group<Row> = {
  /** the newest */
  first: Row;
  rest: Row[];
};

/** Fewer than so many stand each for itself. */
const FEWEST = 3;

/** @param sameness what makes rows alike; `null`: the row is like no other */
export function grouped<Row>(rows: readonly Row[], sameness: (row: Row) => string | null): Group<Row>[] {
  const runs: Row[][] = [];
  let before: string | null = null;
  for (const row of rows) {
    const same = sameness(row);
    if (same !== null && same === before) runs.at(-1)?.push(row);
    else runs.push([row]);
    before = same;
  }
  return runs.flatMap((run) => {
    const [first, ...rest] = run as [Row, ...Row[]];
    return run.length < FEWEST ? run.map((row) => ({ first: row, rest: [] })) : [{ first, rest }];
  });
}
