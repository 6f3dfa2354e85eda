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
