/** The registry of channels: the ways to tell people. A new one is one file and one line here. */
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

/** By name; each says whether it can work with these options. */
export const CHANNELS: Record<string, (options: ChannelOptions) => Channel | null> = {
  log: ({ warn }) => logChannel(warn),
  email: ({ smtpUrl, mailFrom, publicUrl, authorities }) =>
    smtpUrl === undefined ? null : emailChannel({ smtpUrl, from: mailFrom, publicUrl, authorities }),
};

/** The channels that work with these options. */
export function createChannels(options: ChannelOptions): Channel[] {
  return Object.values(CHANNELS)
    .map((create) => create(options))
    .filter((channel) => channel !== null);
}
