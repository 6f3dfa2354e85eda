/**
 * Exports OpenTelemetry traces that reach from the emit to the attempt. Nothing is global: the parent of a span is given as the text
 * that is stored with the event, so a trace survives any workflow, crash or restart between emit and attempt.
 */
import {
  type Attributes,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { formatTraceparent, parseTraceparent } from '../domain/traceparent.ts';
import type { Logger } from './logger.ts';

export type Span = {
  /** the `traceparent` that makes this span a parent; where tracing is off, the parent that was given */
  traceparent: string | null;
  /** @param error why it failed, as a code; absent: it did not */
  end(attributes?: Attributes, error?: string): void;
};

export type SpanOptions = {
  kind: 'server' | 'client' | 'internal';
  /** a `traceparent`; one that is not valid, or `null`, begins a new trace */
  parent: string | null;
  /** other traces that the span belongs to */
  links?: string[];
  attributes?: Attributes;
};

export type Tracing = {
  start(name: string, options: SpanOptions): Span;
  /** Exports the remaining spans, and waits 5 s for that at most. */
  stop(): Promise<void>;
};

export type TracingSettings = {
  /** `http://collector:4318`; absent together with the others: tracing is off */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  OTEL_TRACES_EXPORTER?: 'otlp' | 'none' | undefined;
};

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };
/** A collector that is away must not hold up the shutdown. */
const STOP_MS = 5_000;

/** Passes the emitter's trace on, and makes no spans. */
const noTracing: Tracing = {
  start: (_name, { parent }) => ({ traceparent: normalized(parent), end: () => {} }),
  stop: async () => {},
};

/** OpenTelemetry's own default. */
const DEFAULT_COLLECTOR = 'http://localhost:4318';

/** @returns where traces are sent; `null`: nowhere */
export function collectorUrl(settings: TracingSettings): string | null {
  const {
    OTEL_EXPORTER_OTLP_ENDPOINT: base,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
    OTEL_TRACES_EXPORTER: exporter,
  } = settings;
  if (exporter === 'none' || (base === undefined && own === undefined && exporter === undefined)) return null;
  return own ?? `${(base ?? DEFAULT_COLLECTOR).replace(/\/$/, '')}/v1/traces`;
}

/**
 * @param settings the rest of OpenTelemetry's variables (headers, sampler, service name) are read by its SDK
 * @param authorities PEM, trusted for the collector's TLS; default: Node's. OpenTelemetry's own variables for certificates
 * override them
 */
export function createTracing(
  settings: TracingSettings,
  version: string,
  logger: Logger,
  authorities?: readonly string[],
): Tracing {
  const url = collectorUrl(settings);
  if (url === null) return noTracing;
  const hasOwnTls = Object.keys(process.env).some((name) =>
    /^OTEL_EXPORTER_OTLP_.*(CERTIFICATE|CLIENT_KEY)$/.test(name),
  );
  const exporterOptions = {
    url,
    ...(authorities && !hasOwnTls && { httpAgentOptions: { keepAlive: true, ca: [...authorities] } }),
  };
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'tidings', 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(logged(new OTLPTraceExporter(exporterOptions), logger))],
  });
  const tracer = provider.getTracer('tidings', version);
  return {
    start(name, { kind, parent, links = [], attributes = {} }) {
      const span = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          attributes,
          links: links.flatMap((link) => contextOf(link) ?? []).map((context) => ({ context })),
        },
        parentContext(parent),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
      return {
        traceparent: formatTraceparent({ traceId, spanId, sampled }),
        end(more = {}, error) {
          span.setAttributes(more);
          if (error !== undefined) {
            span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR, message: error });
          }
          span.end();
        },
      };
    },
    stop: () =>
      Promise.race([
        provider.shutdown().catch(() => {}),
        new Promise<void>((resolve) => setTimeout(resolve, STOP_MS).unref()),
      ]),
  };
}

function normalized(header: string | null): string | null {
  const parsed = parseTraceparent(header);
  return parsed && formatTraceparent(parsed);
}

function contextOf(header: string | null) {
  const parsed = parseTraceparent(header);
  if (parsed === null) return null;
  const { traceId, spanId, sampled } = parsed;
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

function parentContext(header: string | null) {
  const context = contextOf(header);
  return context === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context);
}

/** Logs once when the collector stops taking spans, and once when it takes them again. */
function logged(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined;
        if (failed && !failing) logger.warn({ reason: result.error?.message }, 'traces cannot be exported');
        if (!failed && failing) logger.info('traces are exported again');
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}
