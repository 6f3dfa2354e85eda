/** A tenant's stream, opened again and again until it is not wanted any more. It goes on where it was. */
import { dataOf, type Schemas, type TidingsClient, TidingsError } from '@tidings/client';
import { EventSourceParserStream } from 'eventsource-parser/stream';

/** A message of the stream: docs/openapi.json, `tenants.stream`. */
export type LiveMessage =
  | { event: 'delivery.created' | 'delivery.updated'; data: Schemas['DeliverySummary'] & { reason?: string } }
  | { event: 'attempt.recorded'; data: { delivery_id: string; endpoint_id: string; number: number } }
  | { event: 'endpoint.updated'; data: { id: string; enabled: boolean } }
  | { event: 'operation.updated'; data: Schemas['Operation'] }
  | { event: 'stream.ready' | 'stream.reset' | 'stream.end'; data: { reason?: string } };

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** The service sends something every 15 seconds at least: a stream that is silent for longer than two of them is dead, and nobody says so. */
const SILENT_MS = 40_000;

type Following = {
  onMessage(message: LiveMessage): void;
  /** called when it ended or could not be opened. @param times how often, since the last message */
  onCut(times: number): void;
};

/** Resolves when the signal aborts. */
export async function followStream(
  api: TidingsClient,
  tenant: string,
  signal: AbortSignal,
  { onMessage, onCut }: Following,
): Promise<void> {
  let lastId: string | undefined;
  let cuts = 0;
  while (!signal.aborted) {
    let isRefused = false;
    try {
      for await (const { id, event, data } of messages(api, tenant, lastId, signal)) {
        cuts = 0;
        lastId = id ?? lastId;
        onMessage({ event, data: JSON.parse(data) } as LiveMessage);
      }
    } catch (error) {
      // Who is not let in will not be, until they sign in again.
      isRefused = error instanceof TidingsError && (error.status === 401 || error.status === 403);
    }
    if (signal.aborted) return;
    cuts += 1;
    onCut(cuts);
    const waitMs = isRefused
      ? LONGEST_WAIT_MS
      : Math.min(FIRST_WAIT_MS * 2 ** Math.min(cuts - 1, 10), LONGEST_WAIT_MS);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** The messages of one connection, until it ends or falls silent. */
async function* messages(
  api: TidingsClient,
  tenant: string,
  lastId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ id?: string | undefined; event?: string | undefined; data: string }> {
  const connection = new AbortController();
  const end = () => connection.abort();
  let alarm = setTimeout(end, SILENT_MS);
  signal.addEventListener('abort', end);
  try {
    const body = await dataOf(
      api.GET('/v1/tenants/{tenant}/stream', {
        params: { path: { tenant } },
        headers: lastId === undefined ? {} : { 'last-event-id': lastId },
        parseAs: 'stream',
        signal: connection.signal,
      }) as Promise<{ data?: ReadableStream<Uint8Array<ArrayBuffer>> | null }>,
    );
    const noted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(piece, controller) {
        clearTimeout(alarm);
        alarm = setTimeout(end, SILENT_MS);
        controller.enqueue(piece);
      },
    });
    const reader = (body ?? new ReadableStream())
      .pipeThrough(noted)
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    clearTimeout(alarm);
    signal.removeEventListener('abort', end);
    end();
  }
}
