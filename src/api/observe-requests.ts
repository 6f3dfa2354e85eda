/** Metrics and traces of requests: counts, durations, and for each emit the span that is the parent of its attempts. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Span } from '../observability/tracing.ts';
import type { ApiDeps } from './deps.ts';

const EMITS: readonly string[] = ['/v1/tenants/:tenant/events', '/v1/tenants/:tenant/events/batch'];

const spans = new WeakMap<FastifyRequest, Span>();

/** Call it after the hook that checks keys, so that a request without a valid key makes no span. */
export function observeRequests(app: FastifyInstance, deps: ApiDeps): void {
  app.addHook('onRequest', async (request) => {
    const route = request.routeOptions.url;
    if (request.method !== 'POST' || route === undefined || !EMITS.includes(route)) return;
    const { traceparent } = request.headers;
    const span = deps.tracing.start('emit', {
      kind: 'server',
      parent: typeof traceparent === 'string' ? traceparent : null,
      attributes: { 'http.request.method': 'POST', 'http.route': route },
    });
    spans.set(request, span);
  });
  app.addHook('onResponse', async (request, reply) => {
    // All unknown paths share one series: otherwise anybody could make any number of series.
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    const { statusCode } = reply;
    deps.metrics.httpRequests.inc({ route, method, status: statusCode });
    if (statusCode === 500) deps.metrics.internalErrors.inc();
    // A stream lasts as long as somebody watches.
    if (!/^text\/event-stream/.test(String(reply.getHeader('content-type'))))
      deps.metrics.httpDuration.observe({ route, method }, reply.elapsedTime / 1000);
    const failed = statusCode >= 500 ? String(statusCode) : undefined;
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, failed);
  });
}

/** The parent of all spans that an emit leads to: the emit's own span or, without tracing, the emitter's. */
export const traceparentOf = (request: FastifyRequest) => spans.get(request)?.traceparent ?? null;
