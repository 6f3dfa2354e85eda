/** The registry of channels, through which people are notified. A new one is one file and one line here; see docs/adding-a-channel.md. */
import type { z } from 'zod';
import { MASK } from '../domain/endpoint.ts';
import type { Channel, SendOutcome, TidingsMessage } from '../domain/notification.ts';
import { redactText } from '../signing/redaction.ts';
import type { ChannelFile, ChannelMeans, ChannelService } from './channel.ts';
import { email } from './email.ts';
import { log } from './log.ts';

/** The channels by name. */
export const CHANNELS: Record<string, ChannelFile> = {
  log,
  email,
};

/** The environment variables of all channels. */
export const CHANNEL_VARIABLES: z.ZodRawShape = Object.assign(
  {},
  ...Object.values(CHANNELS).map(({ variables }) => variables),
);

/** The channels that are configured. @param environment the values of all variables, of which each channel gets its own */
export function createChannels(environment: object, means: ChannelMeans): Channel[] {
  return Object.values(CHANNELS).flatMap((file) => createChannel(file, environment, means) ?? []);
}

/** @returns `null`: it is not configured */
export function createChannel(file: ChannelFile, environment: object, means: ChannelMeans): Channel | null {
  const settings = settingsOf(file, environment);
  const made = file.create(settings, means);
  if (made === null) return null;
  const secrets = file.secrets?.(settings) ?? [];
  return {
    name: file.name,
    audience: file.audience,
    takes: (address) => file.contacts?.takes(address) ?? false,
    send: async (message, signal) => {
      const outcome = await made.send(message, signal).catch(unexpected);
      return masked(outcome, (text) => maskIn(text, file, secrets, message));
    },
  };
}

/** The services of all channels, which no endpoint may reach. */
export function channelServices(environment: object): ChannelService[] {
  return Object.values(CHANNELS).flatMap((file) => file.services?.(settingsOf(file, environment)) ?? []);
}

function settingsOf({ variables }: ChannelFile, environment: object): Record<string, unknown> {
  const values = environment as Record<string, unknown>;
  return Object.fromEntries(Object.keys(variables).map((name) => [name, values[name]]));
}

/** A channel that throws has a fault. What became of its message is not known. */
const unexpected = (error: Error): SendOutcome => ({ outcome: 'unsure', reason: error.message });

function masked(outcome: SendOutcome, mask: (text: string) => string): SendOutcome {
  if ('reason' in outcome) return { ...outcome, reason: mask(outcome.reason) };
  return 'code' in outcome ? { ...outcome, code: mask(outcome.code) } : outcome;
}

/** Reasons are logged, and a log cannot be erased: it shows no secret and no address. */
function maskIn(
  text: string,
  { contacts }: ChannelFile,
  secrets: readonly string[],
  { recipient }: TidingsMessage,
): string {
  if (recipient === null) return redactText(text, secrets);
  const { address } = recipient;
  // In the spelling of the channel it is shown as the channel masks it, in any other not at all.
  return redactText(text.replaceAll(address, contacts?.mask(address) ?? MASK), [...secrets, address]);
}
