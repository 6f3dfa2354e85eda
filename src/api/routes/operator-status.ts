/** `/v1/operator/status` and `/v1/operator/limits`: what runs, whether each part works, and the bounds in force. */
import { z } from 'zod';
import { VERSION } from '../../package-root.ts';
import { readDatabaseVersion } from '../../store/schema-state.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../fastify-app.ts';
import { readinessSchema } from './health.ts';

const limit = z.union([z.number(), z.string(), z.boolean()]);

const statusSchema = z
  .object({
    versions: z.object({
      tidings: z
        .string()
        .describe('Of the process that answers. While a deploy rolls, another one may say another.'),
      node: z.string(),
      postgresql: z.string().nullable().describe('Null: the database is away.'),
      temporal: z.string().nullable().describe('Null: Temporal is away, or does not say.'),
      schema: z
        .string()
        .nullable()
        .describe('The last migration that was applied. Null: the database is away.'),
    }),
    readiness: readinessSchema,
  })
  .meta({ id: 'OperatorStatus' });

const limitsSchema = z
  .object({
    items: z.array(
      z.object({
        name: z.string().describe('The environment variable.'),
        description: z.string(),
        value: limit,
        default: limit.nullable().describe('Null: there is none.'),
        min: z.number().nullable(),
        max: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'Limits' });

export function operatorStatusRoutes(app: App, deps: ApiDeps): void {
  const tags = ['health'];
  const config = { access: 'admin' as const };

  app.get(
    '/v1/operator/status',
    {
      config,
      schema: {
        tags,
        operationId: 'operator-status.get',
        summary: 'Get the versions of what runs, and whether each part works',
        description: 'Always 200: what is away is said in `readiness`.',
        response: { 200: statusSchema },
      },
    },
    async () => {
      const [database, temporal, readiness] = await Promise.all([
        readDatabaseVersion(deps.db).catch(() => null),
        deps.engine.serverVersion(),
        deps.readiness(),
      ]);
      return {
        versions: {
          tidings: VERSION,
          node: process.version,
          postgresql: database?.version ?? null,
          temporal,
          schema: database?.lastMigration ?? null,
        },
        readiness,
      };
    },
  );

  app.get(
    '/v1/operator/limits',
    {
      config,
      schema: {
        tags,
        operationId: 'operator-limits.list',
        summary: 'List the bounds that are configured in this process',
        description: 'Numbers, choices and switches of the configuration, in the order of its reference.',
        response: { 200: limitsSchema },
      },
    },
    async () => ({
      items: deps.bounds.map(({ defaultValue, ...bound }) => ({ ...bound, default: defaultValue })),
    }),
  );
}
