/** Text that people write, as PostgreSQL can hold it. */
import { z } from 'zod';

/** Without NUL, and without half a surrogate pair, which would come back as something else. */
export const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what it is about
    .regex(/^[^\u0000]*$/, 'may not hold the character NUL')
    .refine((value) => !/\p{Surrogate}/u.test(value), 'may not hold half a surrogate pair');

/** Texts by names that others have chosen. Passed on as it is: zod's own record leaves out what is called `__proto__`. */
export const textByName = z
  .any()
  .meta({ type: 'object', additionalProperties: { type: 'string' } }) as unknown as z.ZodType<
  Record<string, string>
>;
