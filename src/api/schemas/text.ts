/** Schemas of text fields, limited to what PostgreSQL can hold. */
import { z } from 'zod';

/** Text without NUL, and without half a surrogate pair, which would be stored as another character. */
export const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what it is about
    .regex(/^[^\u0000]*$/, 'may not hold the character NUL')
    .refine((value) => !/\p{Surrogate}/u.test(value), 'may not hold half a surrogate pair');

/** Texts by names that others chose. It is not parsed, because zod's record leaves out the key `__proto__`. */
export const textByName = z
  .any()
  .meta({ type: 'object', additionalProperties: { type: 'string' } }) as unknown as z.ZodType<
  Record<string, string>
>;
