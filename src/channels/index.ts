/** The registry of channels, through which people are notified. A new one is one file, one line here, and its settings in `ChannelOptions`. */
import type { Channel } from '../domain/notification.ts';
import { emailChannel } from './email.ts';
import { logChannel } from './log.ts';

export type ChannelOptions = {
  warn: (fields: object, message: string) => void;
  smtpUrl: string | undefined;
  mailFrom: string;
  /** PEM of the authorities trusted for the mail server's TLS; default: Node's */
  authorities?: readonly string[] | undefined;
  publicUrl: () => string;
};

/** Makers of channels by name; one returns `null` where the options do not suffice for it. */
export const CHANNELS: Record<string, (options: ChannelOptions) => Channel | null> = {
  log: ({ warn }) => logChannel(warn),
  email: ({ smtpUrl, mailFrom, publicUrl, authorities }) =>
    smtpUrl === undefined ? null : emailChannel({ smtpUrl, from: mailFrom, publicUrl, authorities }),
};

/** The channels for which the options suffice. */
export function createChannels(options: ChannelOptions): Channel[] {
  return Object.values(CHANNELS)
    .map((create) => create(options))
    .filter((channel) => channel !== null);
}
