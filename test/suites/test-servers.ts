/** The servers of a test run, from Jest's global set-up to its global tear-down. */

let stop: (() => Promise<void>) | null = null;

export function onTearDown(stopServers: () => Promise<void>): void {
  stop = stopServers;
}

/** Does nothing where set-up failed before there were servers. */
export async function tearDownServers(): Promise<void> {
  await stop?.();
}
