/** Finds free ports for embedded servers. */
import { createServer } from 'node:net';

/** The first free port of `wanted` and its `tries - 1` successors; otherwise any free one. */
export async function freePort(wanted: number, tries = 1, host = '127.0.0.1'): Promise<number> {
  for (let port = wanted; port < wanted + tries && port <= 65535; port += 1) {
    const found = await tryPort(port, host);
    if (found !== null) return found;
  }
  return (await tryPort(0, host)) ?? 0;
}

function tryPort(port: number, host: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

const TRIES = 3;

/** Starts something on ports that were free a moment ago. Tries again, because another instance may have taken them meanwhile. */
export async function startOnFreePorts<Part>(start: () => Promise<Part>, tries = TRIES): Promise<Part> {
  try {
    return await start();
  } catch (error) {
    if (tries <= 1) throw error;
    return startOnFreePorts(start, tries - 1);
  }
}
