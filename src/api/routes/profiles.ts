/** `/v1/profiles`: the wire contracts as data, from which forms and documents are made without a profile's name. */
import { z } from 'zod';
import { findProfile, PROFILES } from '../../profiles/index.ts';
import type { App } from '../fastify-app.ts';
import { notFound } from '../lookups.ts';
import { presentProfile, profileSchema } from '../schemas/profile.ts';

export function profileRoutes(app: App): void {
  const tags = ['profiles'];

  app.get(
    '/v1/profiles',
    {
      config: { access: 'any' },
      schema: {
        tags,
        operationId: 'profiles.list',
        summary: 'List the profiles',
        description: 'All of them, the default one first. They change only with the version of Tidings.',
        response: { 200: z.object({ items: z.array(profileSchema) }) },
      },
    },
    async () => ({ items: PROFILES.map(presentProfile) }),
  );

  app.get(
    '/v1/profiles/:profile',
    {
      config: { access: 'any' },
      schema: {
        tags,
        operationId: 'profiles.get',
        summary: 'Get a profile',
        params: z.object({ profile: z.string().describe('Its name, as in `profile` of a tenant.') }),
        response: { 200: profileSchema },
      },
    },
    async (request) => {
      const profile = findProfile(request.params.profile);
      if (profile === undefined) throw notFound('profile', request.params.profile);
      return presentProfile(profile);
    },
  );
}
