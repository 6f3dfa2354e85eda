/** Answers as their schemas say; what is stored in another form is shown as it is stored, for no answer may fail on it. */
import type { FastifySerializerCompiler } from 'fastify/types/schema.js';
import type { z } from 'zod';
import type { Logger } from '../observability/logger.ts';

/** A row that a newer version, a person or a fault has written may hold what no schema of ours allows. */
export function lenientSerializer(logger: Logger): FastifySerializerCompiler<z.ZodType> {
  return ({ schema, method, url }) =>
    (data) => {
      const parsed = schema.safeParse(data);
      if (parsed.success) return JSON.stringify(parsed.data);
      const paths = parsed.error.issues.slice(0, 5).map(({ path }) => path.join('.'));
      logger.warn({ method, url, paths }, 'an answer has fields that are not as they should be');
      return JSON.stringify(data);
    };
}
