/** Interface of a channel's file: the variables that configure it, the contacts that it takes, and how it sends. */
import type { z } from 'zod';
import type { Channel } from '../domain/notification.ts';

/** What every channel may use. */
export type ChannelMeans = {
  /** a structured logger's `warn` */
  warn(fields: object, message: string): void;
  /** base URL of the API without a trailing slash; a function, because an embedded service learns its port late */
  publicUrl(): string;
  /** base URL of the dashboard without a trailing slash; `null`: no pages are served */
  dashboardUrl(): string | null;
  /** PEM of the authorities trusted for TLS; undefined: Node's */
  authorities?: readonly string[] | undefined;
  /** POSTs through Tidings' own sender: to addresses that an endpoint may have. It reads at most 16 KiB of the answer, and never throws. */
  post(request: {
    url: string;
    headers: [string, string][];
    body: Buffer;
    timeoutMs: number;
  }): Promise<{ status: number; body: Buffer } | { failure: string }>;
};

/** The addresses of a channel whose messages go to the tenants' contacts. */
export type ContactShape = {
  /** what the API accepts as the address of a contact */
  schema: z.ZodType<string>;
  /** whether an address is one of this channel's; it must be for all that `schema` has ever accepted */
  takes(address: string): boolean;
  /** the address as logs may show it */
  mask(address: string): string;
  examples: readonly [string, ...string[]];
};

/** A service that the channel uses, which no endpoint may reach. */
export type ChannelService = { url: string; defaultPort: number; otherPorts?: readonly number[] };

export type ChannelFile<Variables extends z.ZodRawShape = z.ZodRawShape> = {
  name: string;
  /** whom it tells and how, for docs/configuration.md */
  description: string;
  audience: Channel['audience'];
  /** its environment variables, made of the kinds in src/variable-kinds.ts, each with a description */
  variables: Variables;
  /** required where the audience is the contacts */
  contacts?: ContactShape;
  /** values of its variables that are secrets, and secrets in them: they are masked in what it reports */
  secrets?(settings: z.infer<z.ZodObject<Variables>>): string[];
  services?(settings: z.infer<z.ZodObject<Variables>>): ChannelService[];
  /** @returns the way to send; `null`: it is not configured */
  create(settings: z.infer<z.ZodObject<Variables>>, means: ChannelMeans): Pick<Channel, 'send'> | null;
  /** values of its variables with which it sends to these servers, for the conformance suite */
  trial(servers: { mailUrl: string; httpUrl: string }): Record<string, string>;
};

/** Checks the declaration's types; which variables it has is then its own affair. */
export function channelFile<Variables extends z.ZodRawShape>(file: ChannelFile<Variables>): ChannelFile {
  return file as unknown as ChannelFile;
}
