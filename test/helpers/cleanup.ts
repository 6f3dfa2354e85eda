/** Ends what a test file has started, in reverse order, whether or not its tests passed. */

const pending: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  const errors: unknown[] = [];
  for (const work of pending.splice(0).reverse()) await work().catch((error) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}, 120_000);

/** Has `work` done at the end of the test file, unless the function that it returns was called before. */
export function atEnd(work: () => Promise<unknown>): () => Promise<void> {
  let done: Promise<unknown> | undefined;
  const once = () => {
    done ??= work();
    return done;
  };
  pending.push(once);
  return async () => {
    await once();
  };
}
