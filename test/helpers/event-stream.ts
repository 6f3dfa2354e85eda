/** A reader of server-sent events over a real connection. */
import { request } from 'node:http';
import { atEnd } from './cleanup.ts';
import { eventually } from './eventually.ts';

export type StreamedEvent = { event: string; id: string | undefined; data: any };

export type EventStream = {
  status: number;
  contentType: string;
  events: StreamedEvent[];
  /** the body of a refusal */
  text(): string;
  /** resolves with the first event for which this holds */
  until(matches: (event: StreamedEvent) => boolean): Promise<StreamedEvent>;
  /** resolves when the server has ended it */
  ended(): Promise<void>;
  close(): void;
};

export function openEventStream(url: string, headers: Record<string, string>): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const events: StreamedEvent[] = [];
    let text = '';
    let read = 0;
    let isOver = false;
    const asked = request(url, { headers }, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n', read); end !== -1; end = text.indexOf('\n\n', read)) {
          const event = parse(text.slice(read, end));
          if (event !== null) events.push(event);
          read = end + 2;
        }
      });
      response.on('close', () => {
        isOver = true;
      });
      response.on('error', () => {});
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        events,
        text: () => text,
        until: async (matches) =>
          (await eventually(
            () => events.find(matches),
            (found) => found !== undefined,
          )) as StreamedEvent,
        ended: async () =>
          void (await eventually(
            () => isOver,
            (over) => over,
          )),
        close: () => asked.destroy(),
      });
    });
    asked.on('error', reject);
    asked.end();
    atEnd(async () => {
      asked.destroy();
    });
  });
}

function parse(block: string): StreamedEvent | null {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [event, data] = [field('event'), field('data')];
  return event === undefined || data === undefined
    ? null
    : { event, id: field('id'), data: JSON.parse(data) };
}
