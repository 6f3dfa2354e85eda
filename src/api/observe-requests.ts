/** What each request leaves for those who operate: counts, durations, and for an emit the span that its attempts go back to. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Span } from '../observability/tracing.ts';
import type { ApiDeps } from './deps.ts';

const EMITS: readonly string[] = ['/v1/tenants/:tenant/events', '/v1/tenants/:tenant/events/batch'];

const spans = new WeakMap<FastifyRequest, Span>();

/** To be called after the key's check, so that strangers leave no spans. */
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
    // Unknown paths are one series, or anybody could make as many as they like.
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    const { statusCode } = reply;
    deps.metrics.httpRequests.inc({ route, method, status: statusCode });
    if (statusCode === 500) deps.metrics.internalErrors.inc();
    deps.metrics.httpDuration.observe({ route, method }, reply.elapsedTime / 1000);
    const failed = statusCode >= 500 ? String(statusCode) : undefined;
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, failed);
  });
}

/** The parent of everything that comes of an emit: its span, or without tracing the emitter's own. */
export const traceparentOf = (request: FastifyRequest) => spans.get(request)?.traceparent ?? null;
