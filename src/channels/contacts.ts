/** The contacts that the channels take, for the API: an address may be that of any channel which tells contacts. */
import { z } from 'zod';
import { CHANNELS } from './index.ts';

const SHAPES = Object.values(CHANNELS).flatMap(({ name, contacts }) =>
  contacts === undefined ? [] : [{ name, ...contacts }],
);

/** The schema of a contact's address in the API. */
export const contactAddress: z.ZodType<string> =
  SHAPES.length === 1 && SHAPES[0] !== undefined
    ? SHAPES[0].schema
    : z.union(SHAPES.map(({ schema }) => schema));

/** The channel that sends a contact its link; `null`: no channel takes the address any more. */
export function channelOfContact(address: string): string | null {
  return SHAPES.find(({ takes }) => takes(address))?.name ?? null;
}
