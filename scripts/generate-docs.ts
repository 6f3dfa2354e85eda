/**
 * `npm run generate-docs`: the references that follow from the code, docs/configuration.md, docs/openapi.json, docs/delivery-states.md and
 * docs/error-codes.md.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildApp } from '../src/api/app.ts';
import type { ApiDeps } from '../src/api/deps.ts';
import { CHANNELS } from '../src/channels/index.ts';
import { environmentSchema } from '../src/config/environment.ts';
import { createLogger } from '../src/observability/logger.ts';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { valueMeta } from '../src/variable-kinds.ts';
import { deliveryStatesPage } from './delivery-states-page.ts';
import { errorCodesPage } from './error-codes-page.ts';

/** @returns docs/configuration.md */
export function configurationReference(): string {
  const rows = Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined);
    const value = parsed.success ? parsed.data : undefined;
    const shown = value === undefined || (Array.isArray(value) && value.length === 0) ? '' : `\`${value}\``;
    const { allowed = '' } = valueMeta(schema);
    return `| \`${name}\` | ${allowed} | ${shown} | ${schema.description ?? ''} |`;
  });
  return [
    '# Configuration',
    '',
    'Everything is set by environment variables. An empty value counts as none. Values that cannot be used are refused at start, all',
    'at once and by name, and so are files that cannot be read.',
    'This page is generated from `src/config/environment.ts` and `src/channels` by `npm run generate-docs`.',
    '',
    '| variable | value | default | what it is for |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '## Channels',
    '',
    'People are told through every channel that is configured ([adding a channel](adding-a-channel.md)).',
    '',
    '| channel | tells | variables | what it does |',
    '| --- | --- | --- | --- |',
    ...channelRows(),
    '',
  ].join('\n');
}

function channelRows(): string[] {
  return Object.values(CHANNELS).map(({ name, audience, variables, description }) => {
    const names = Object.keys(variables).map((each) => `\`${each}\``);
    return `| \`${name}\` | the ${audience} | ${names.join(', ')} | ${description} |`;
  });
}

/** @returns docs/openapi.json */
export async function openApiDocument(): Promise<string> {
  // Describing the routes needs nothing of what they work with.
  const deps = { adminKey: 'unused', maxEventBytes: 0, logger: createLogger('silent') } as ApiDeps;
  const app = await buildApp(deps);
  await app.ready();
  const document = app.swagger();
  await app.close();
  return `${JSON.stringify(document, null, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(join(PACKAGE_ROOT, 'docs', 'configuration.md'), configurationReference());
  await writeFile(join(PACKAGE_ROOT, 'docs', 'openapi.json'), await openApiDocument());
  await writeFile(join(PACKAGE_ROOT, 'docs', 'delivery-states.md'), deliveryStatesPage());
  await writeFile(join(PACKAGE_ROOT, 'docs', 'error-codes.md'), errorCodesPage());
}
