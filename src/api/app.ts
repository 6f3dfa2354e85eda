/** The HTTP application: Fastify with all hooks and routes. Its caller makes it listen, and closes what `deps` holds. */

import swagger from '@fastify/swagger';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { newId } from '../domain/ids.ts';
import { VERSION } from '../package-root.ts';
import { accessOf, isPublic, requireKey } from './auth.ts';
import { answerEarly } from './body/early-responses.ts';
import { acceptJson } from './body/json-body.ts';
import { BODY_GRACE_MS, LEAST_BYTES_PER_S } from './body/read-body.ts';
import { declareCommonResponses, tidyDocument } from './common-responses.ts';
import type { ApiDeps } from './deps.ts';
import { docsPage } from './docs-page.ts';
import { errorCodesPage } from './error-codes-page.ts';
import { closeGracefully } from './graceful-close.ts';
import { malformedRequests, refuseUnknownRoutes } from './malformed-requests.ts';
import { observeRequests } from './observe-requests.ts';
import { pages } from './pages.ts';
import { answerWithProblems } from './problems.ts';
import { attemptMetricsRoutes } from './routes/attempt-metrics.ts';
import { auditLogRoutes } from './routes/audit-log.ts';
import { bulkOperationRoutes } from './routes/bulk-operations.ts';
import { contactLinkRoutes } from './routes/contact-links.ts';
import { contactRoutes } from './routes/contacts.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { endpointSecretRoutes } from './routes/endpoint-secrets.ts';
import { endpointTestRoutes } from './routes/endpoint-test.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { erasureRoutes } from './routes/erasure.ts';
import { eventTypeRoutes } from './routes/event-types.ts';
import { eventRoutes, MAX_BATCH_BYTES } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { keyRoutes } from './routes/keys.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { missedEventRoutes } from './routes/missed-events.ts';
import { operationalEventRoutes } from './routes/operational-events.ts';
import { operationRoutes } from './routes/operations.ts';
import { operatorRoutes } from './routes/operator.ts';
import { operatorStatusRoutes } from './routes/operator-status.ts';
import { portalSessionRoutes } from './routes/portal-sessions.ts';
import { profileRoutes } from './routes/profiles.ts';
import { scormCompatibleRoutes } from './routes/scorm-compatible.ts';
import { searchRoutes } from './routes/search.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { streamRoutes } from './routes/stream.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { lenientSerializer } from './serializer.ts';
import { cookieOf } from './session-cookie.ts';
import { validatorCompiler } from './validation.ts';

/** Adds to each operation of the OpenAPI document the access that its key needs. */
const withAccess: typeof jsonSchemaTransform = (input) => {
  const { schema, url } = jsonSchemaTransform(input);
  const access = accessOf(input.route.config);
  return { url, schema: access === undefined ? schema : { ...schema, 'x-access': access } };
};

/** The limit of every route that sets none of its own; those that emit do. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Time for all headers, from the start of the connection or the end of the request before. */
const HEADERS_MS = 20_000;
/** Longer than any body may take: twice the largest batch at the slowest pace that is allowed. */
const LONGEST_REQUEST_MS = HEADERS_MS + BODY_GRACE_MS + ((2 * MAX_BATCH_BYTES) / LEAST_BYTES_PER_S) * 1000;
const SILENCE_MS = 120_000;

// Long because it is one list: what is registered, in the order that matters.
export async function buildApp(deps: ApiDeps): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: deps.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => newId('request'),
    forceCloseConnections: 'idle',
    // Closes a connection on which both sides are silent. The slowest answer is a test call's: about a minute.
    connectionTimeout: SILENCE_MS,
    // Node's own time-out, for requests that reach no route. read-body.ts watches the pace of the others.
    requestTimeout: LONGEST_REQUEST_MS,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 2_000 },
    ...malformedRequests,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(lenientSerializer(deps.logger));
  answerEarly(app as unknown as FastifyInstance);
  closeGracefully(app);
  acceptJson(app, { maxEventBytes: deps.maxEventBytes, bodyMemoryBytes: deps.bodyMemoryBytes });
  answerWithProblems(
    app,
    (code) => {
      if (code === 'storage_unavailable') deps.metrics.storageErrors.inc({ part: 'api' });
    },
    () => deps.schema.recheck(),
  );
  declareCommonResponses(app);
  // Runs before the key is looked up: the look-up needs a schema that fits, too.
  app.addHook('onRequest', async (request) => {
    const problem = isPublic(request.url) ? null : deps.schema.problem();
    if (problem !== null) throw problem;
  });
  const lookups = await requireKey(app as unknown as FastifyInstance, deps);
  refuseUnknownRoutes(app);
  observeRequests(app, deps);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidings',
        version: VERSION,
        description: 'Webhook delivery that loses nothing and explains everything.',
      },
      components: {
        securitySchemes: {
          key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          bearer: { type: 'http', scheme: 'bearer' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'tidings_session',
            description:
              'Of `POST /v1/sessions`. Behind https its name begins with `__Host-`. A request that changes something also needs the ' +
              'header `X-Tidings-CSRF` with any value.',
          },
        },
      },
      security: [{ key: [] }, { bearer: [] }, { session: [] }],
      tags: [
        { name: 'tenants', description: 'Customers of the emitting product.' },
        {
          name: 'profiles',
          description: 'Wire contracts: what a tenant of each may configure, and what its receivers get.',
        },
        { name: 'endpoints', description: 'URLs of a tenant that receive its events.' },
        { name: 'events', description: 'What happened.' },
        {
          name: 'deliveries',
          description: 'One event for one endpoint: what was sent, what came back, what is next.',
        },
        { name: 'metrics', description: 'Attempts and deliveries over time.' },
        { name: 'event types', description: 'The catalogue.' },
        { name: 'operations', description: 'What is done to many deliveries at once.' },
        { name: 'search', description: 'Anything, by what is at hand.' },
        { name: 'keys', description: 'Keys that may call this API.' },
        { name: 'sessions', description: 'The rights of a key in a browser.' },
        { name: 'portal sessions', description: "What a tenant's customer may see and do, by a link." },
        { name: 'audit log', description: 'Who changed what.' },
        { name: 'operational events', description: 'Events about the work of Tidings itself.' },
        {
          name: 'scorm compatible',
          description: 'The same endpoints and deliveries in the words of the SCORM API.',
        },
        { name: 'health', description: 'Probes, metrics for Prometheus, and what runs.' },
      ],
    },
    transform: withAccess,
    transformObject: (document) => tidyDocument(jsonSchemaTransformObject(document)),
  });
  await docsPage(app as unknown as FastifyInstance, (fields, message) => deps.logger.warn(fields, message));
  errorCodesPage(app as unknown as FastifyInstance);
  if (deps.pages) {
    const hasSession = (request: FastifyRequest) => cookieOf(request, deps.publicUrl()) !== null;
    await pages(app as unknown as FastifyInstance, { ...deps.pages, hasSession }, (fields, message) =>
      deps.logger.warn(fields, message),
    );
  }
  healthRoutes(app, deps);
  keyRoutes(app, deps, lookups.callers);
  sessionRoutes(app, deps, lookups);
  portalSessionRoutes(app, deps, lookups);
  metricsRoutes(app, deps);
  attemptMetricsRoutes(app, deps);
  tenantRoutes(app, deps);
  contactRoutes(app, deps);
  streamRoutes(app, deps, lookups);
  await contactLinkRoutes(app, deps);
  profileRoutes(app);
  endpointRoutes(app, deps);
  endpointSecretRoutes(app, deps);
  endpointTestRoutes(app, deps);
  eventRoutes(app, deps);
  missedEventRoutes(app, deps);
  deliveryRoutes(app, deps);
  eventTypeRoutes(app, deps);
  operationalEventRoutes(app, deps);
  operationRoutes(app, deps);
  bulkOperationRoutes(app, deps);
  erasureRoutes(app, deps);
  operatorRoutes(app, deps);
  operatorStatusRoutes(app, deps);
  auditLogRoutes(app, deps);
  searchRoutes(app, deps);
  scormCompatibleRoutes(app, deps);
  return app as unknown as FastifyInstance;
}
