/** `tidings sign-in`: prints a link that signs in to the dashboard once. */
import type { Command } from 'commander';
import { z } from 'zod';
import { callApi } from './api.ts';
import {
  type Connection,
  type ConnectionOptions,
  connectionOf,
  withConnectionOptions,
} from './connection.ts';
import { say } from './output.ts';

/** A link that signs in with the rights of the environment's admin key, once, within five minutes. @throws what `callApi` throws */
export async function signInLink(connection: Connection): Promise<string> {
  const answer = z.looseObject({ url: z.string() });
  return (await callApi(connection, { method: 'POST', path: '/v1/sign-in-codes' }, answer)).url;
}

export function signInCommand(program: Command): void {
  withConnectionOptions(program.command('sign-in'))
    .description('Print a link that signs in to the dashboard once, within five minutes; needs the admin key')
    .action(async (options: ConnectionOptions) => {
      const link = await signInLink(connectionOf(options));
      say`${link}`;
    });
}
