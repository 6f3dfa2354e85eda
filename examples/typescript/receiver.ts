/**
 * A receiver to copy from: it verifies the signature, skips what it has already seen, and answers before it works.
 *
 *   npm install standardwebhooks
 *   WEBHOOK_SECRET=whsec_... PORT=4000 node receiver.ts     (Node before 22.18: npx tsx receiver.ts)
 */
import { createServer, type IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';

type Event = { type: string; timestamp: string; data: unknown };

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_REMEMBERED = 10_000;

const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('WEBHOOK_SECRET is missing: the whsec_... that was shown with the endpoint');
const port = Number(process.env.PORT ?? 4000);
const webhook = new Webhook(secret);

// In production this is a table with a unique column, written in the same transaction as the event's effects:
// it outlives a restart, and an event whose processing failed is not taken for one that was processed.
const seen = new Set<string>();

function isNew(id: string): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > MAX_REMEMBERED && oldest !== undefined) seen.delete(oldest);
  return true;
}

/** The signature covers the bytes as they came: they are not to be parsed and written again before it is checked. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('a body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Compares in constant time, accepts any of several signatures, refuses timestamps 5 minutes off: the package does. */
function verified(body: Buffer, headers: IncomingMessage['headers']): Event | null {
  try {
    return webhook.verify(body, headers as Record<string, string>) as Event;
  } catch {
    return null;
  }
}

/** What takes time belongs here, or rather in a queue: the sender has been answered. */
function handle(id: string, event: Event): void {
  console.log(`${id} ${event.type} ${JSON.stringify(event.data)}`);
}

const server = createServer(async (request, response) => {
  try {
    if (request.method !== 'POST') return response.writeHead(405, { allow: 'POST' }).end();
    const event = verified(await readBody(request), request.headers);
    if (event === null) return response.writeHead(401).end();
    const id = String(request.headers['webhook-id']);
    response.writeHead(204).end();
    if (isNew(id)) handle(id, event);
  } catch (error) {
    console.error(error);
    response.destroy();
  }
});
server.listen(port, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${port}`));
