/** Serializes answers by their schemas. An answer that does not match its schema is sent as it is: no stored value may make a request fail. */
import type { FastifySerializerCompiler } from 'fastify/types/schema.js';
import type { z } from 'zod';
import type { Logger } from '../observability/logger.ts';

/** A newer version, a person or a fault may have written a row that our schemas do not allow. */
export function lenientSerializer(logger: Logger): FastifySerializerCompiler<z.ZodType> {
  return ({ schema, method, url }) =>
    (data) => {
      const parsed = schema.safeParse(data);
      if (parsed.success) return JSON.stringify(parsed.data);
      const paths = parsed.error.issues.slice(0, 5).map(({ path }) => path.join('.'));
      logger.warn({ method, url, paths }, 'a response does not match the schema of its route');
      return JSON.stringify(data);
    };
}
