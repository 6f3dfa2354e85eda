/** `/docs`: the API reference as a page. The service works without it. */
import type { FastifyInstance } from 'fastify';

/**
 * Serves the page. When its files cannot be loaded, it logs a warning; the document itself is still at `/openapi.json`.
 * @param warn a structured logger's `warn`
 */
export async function docsPage(
  app: FastifyInstance,
  warn: (fields: object, message: string) => void,
): Promise<void> {
  const page = async (scope: FastifyInstance) => {
    const { default: swaggerUi } = await import('@fastify/swagger-ui');
    await scope.register(swaggerUi, { routePrefix: '/docs' });
  };
  // An error that is not handled here would keep the app from getting ready.
  await app.register(page).after((error: Error | null) => {
    if (error !== null) warn({ reason: error.message }, 'the page /docs cannot be served');
  });
}
