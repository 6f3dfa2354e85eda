/** `/v1/tenants/:t/stream`: what changes, as it changes, as server-sent events. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Lookups } from '../auth.ts';
import { createChangeFeed } from '../change-feed.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { tenantOr404 } from '../lookups.ts';
import { tenantParams } from '../schemas/parameters.ts';
import { STREAM_EVENTS } from '../schemas/stream.ts';
import { createStreams } from '../streams.ts';

const described = Object.entries(STREAM_EVENTS)
  .map(([event, what]) => `\`${event}\`: ${what}.`)
  .join(' ');

const headers = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'must be the id of an event of the stream')
    .optional()
    .describe(
      'Goes on after this event, for ten minutes. What came in the seconds before it may come again.',
    ),
});

export function streamRoutes(app: App, deps: ApiDeps, { recheck }: Pick<Lookups, 'recheck'>): void {
  const feed = createChangeFeed(deps);
  const streams = createStreams(app as unknown as FastifyInstance, feed, deps.streamsPerTenant);

  app.get(
    '/v1/tenants/:tenant/stream',
    {
      config: { access: 'read' },
      // A HEAD would have to wait for the end of the stream.
      exposeHeadRoute: false,
      schema: {
        tags: ['tenants'],
        operationId: 'tenants.stream',
        summary: 'Follow what changes',
        description:
          `Server-sent events, within about a second of each change. ${described} A comment comes every 15 seconds. ` +
          'The stream ends with the key or session that opened it. A reader that does not keep up is disconnected, and goes on with ' +
          '`Last-Event-ID`.',
        params: tenantParams,
        headers,
        produces: ['text/event-stream'],
        response: { 200: z.string() },
      },
    },
    async (request, reply) => {
      const { id } = await tenantOr404(deps, request, request.params.tenant);
      const lastId = request.headers['last-event-id'];
      const sinceMs = lastId === undefined ? null : Number(lastId);
      return streams.open(request, reply, id, sinceMs, () => recheck(request)) as never;
    },
  );
}
