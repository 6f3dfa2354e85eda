/** Builds the HTTP application. Listening is the caller's business, and so is closing what `deps` holds. */

import swagger from '@fastify/swagger';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  validatorCompiler,
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
import { closeGracefully } from './graceful-close.ts';
import { malformedRequests, refuseUnknownRoutes } from './malformed-requests.ts';
import { observeRequests } from './observe-requests.ts';
import { answerWithProblems } from './problems.ts';
import { auditLogRoutes } from './routes/audit-log.ts';
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
import { operationalEventRoutes } from './routes/operational-events.ts';
import { operationRoutes } from './routes/operations.ts';
import { operatorRoutes } from './routes/operator.ts';
import { scormCompatibleRoutes } from './routes/scorm-compatible.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { lenientSerializer } from './serializer.ts';

/** The reference says of each route what its key must be allowed to do. */
const withAccess: typeof jsonSchemaTransform = (input) => {
  const { schema, url } = jsonSchemaTransform(input);
  const access = accessOf(input.route.config);
  return { url, schema: access === undefined ? schema : { ...schema, 'x-access': access } };
};

/** Enough for everything but events, whose routes say for themselves what they take. */
const MAX_BODY_BYTES = 1024 * 1024;

/** For all headers, from the connection's or the earlier request's end. */
const HEADERS_MS = 20_000;
/** Twice the largest batch at the least pace: more than any body that a route takes. */
const LONGEST_REQUEST_MS = HEADERS_MS + BODY_GRACE_MS + ((2 * MAX_BATCH_BYTES) / LEAST_BYTES_PER_S) * 1000;
const SILENCE_MS = 120_000;

export async function buildApp(deps: ApiDeps): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: deps.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => newId('request'),
    forceCloseConnections: 'idle',
    // Both sides silent for so long: no answer takes longer than a test call, which is one minute.
    connectionTimeout: SILENCE_MS,
    // Node's own, for what no route sees; the pace of bodies is watched where they are read.
    requestTimeout: LONGEST_REQUEST_MS,
    http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: 2_000 },
    ...malformedRequests,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(lenientSerializer(deps.logger));
  answerEarly(app as unknown as FastifyInstance);
  closeGracefully(app);
  acceptJson(app, { maxEventBytes: deps.maxEventBytes, maxBytesInHand: deps.maxBodyBytes });
  answerWithProblems(
    app,
    (code) => {
      if (code === 'storage_unavailable') deps.metrics.storageErrors.inc({ part: 'api' });
    },
    () => deps.schema.recheck(),
  );
  declareCommonResponses(app);
  // Before the key is looked up, which takes the database too.
  app.addHook('onRequest', async (request) => {
    const problem = isPublic(request.url) ? null : deps.schema.problem();
    if (problem !== null) throw problem;
  });
  const callerLookup = await requireKey(app as unknown as FastifyInstance, deps);
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
        },
      },
      security: [{ key: [] }, { bearer: [] }],
      tags: [
        { name: 'tenants', description: 'Customers of the emitting product.' },
        { name: 'endpoints', description: 'Where a tenant wants its events.' },
        { name: 'events', description: 'What happened.' },
        {
          name: 'deliveries',
          description: 'One event for one endpoint: what was sent, what came back, what is next.',
        },
        { name: 'event types', description: 'The catalogue.' },
        { name: 'operations', description: 'What is done to many deliveries at once.' },
        { name: 'keys', description: 'Who may call this API.' },
        { name: 'audit log', description: 'Who changed what.' },
        { name: 'operational events', description: 'What Tidings itself has to say.' },
        { name: 'scorm compatible', description: 'The same in the words of the SCORM API.' },
        { name: 'health', description: 'For probes.' },
      ],
    },
    transform: withAccess,
    transformObject: (document) => tidyDocument(jsonSchemaTransformObject(document)),
  });
  await docsPage(app as unknown as FastifyInstance, (fields, message) => deps.logger.warn(fields, message));
  healthRoutes(app, deps);
  keyRoutes(app, deps, callerLookup);
  metricsRoutes(app, deps);
  tenantRoutes(app, deps);
  contactRoutes(app, deps);
  await contactLinkRoutes(app, deps);
  endpointRoutes(app, deps);
  endpointSecretRoutes(app, deps);
  endpointTestRoutes(app, deps);
  eventRoutes(app, deps);
  deliveryRoutes(app, deps);
  eventTypeRoutes(app, deps);
  operationalEventRoutes(app, deps);
  operationRoutes(app, deps);
  erasureRoutes(app, deps);
  operatorRoutes(app, deps);
  auditLogRoutes(app, deps);
  scormCompatibleRoutes(app, deps);
  return app as unknown as FastifyInstance;
}
