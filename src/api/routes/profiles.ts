/** `/v1/profiles`: the wire contracts as data, from which forms and documents are made without a profile's name. */
import { z } from 'zod';
import { findProfile, PROFILES } from '../../profiles/index.ts';
import { samplesOf } from '../../signing/samples/index.ts';
import type { App } from '../fastify-app.ts';
import { notFound } from '../lookups.ts';
import { presentProfile, profileSchema, sampleSchema } from '../schemas/profile.ts';

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

  app.get(
    '/v1/profiles/:profile/samples',
    {
      config: { access: 'any' },
      schema: {
        tags,
        operationId: 'profiles.list-samples',
        summary: 'Code that verifies the signatures of a profile',
        description:
          'In several languages, each a file that can be copied as it stands. Empty: the contract has no signature.',
        params: z.object({ profile: z.string().describe('Its name, as in `profile` of a tenant.') }),
        response: { 200: z.object({ items: z.array(sampleSchema) }) },
      },
    },
    async (request) => {
      const profile = findProfile(request.params.profile);
      if (profile === undefined) throw notFound('profile', request.params.profile);
      const samples = profile.signing === null ? [] : samplesOf(profile.signing);
      return { items: samples.map(({ secretKind, ...sample }) => ({ ...sample, secret_kind: secretKind })) };
    },
  );
}
