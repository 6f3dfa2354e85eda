/** The registry of profiles. A new one is one file and one line here; see docs/adding-a-profile.md. */
import { Problem } from '../domain/errors.ts';
import type { Profile } from '../domain/profile.ts';
import { leah } from './leah.ts';
import { lessonly } from './lessonly.ts';
import { readingSteps } from './reading-steps.ts';
import { scormApi } from './scorm-api.ts';
import { standardWebhooksProfile } from './standard-webhooks.ts';

export { scormDeliveryId } from './scorm-api.ts';

export const PROFILES: readonly Profile[] = [
  // The default one, then those of the products.
  standardWebhooksProfile,
  readingSteps,
  leah,
  scormApi,
  lessonly,
];

export const DEFAULT_PROFILE = standardWebhooksProfile.name;

/** `undefined` for a profile that this version does not know: a newer version has written it, or it was removed. */
export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((each) => each.name === name);
}

/** The default profile where the name is not known: the delivery still needs a schedule and a timeout. */
export const profileOrDefault = (name: string): Profile => findProfile(name) ?? standardWebhooksProfile;

/** @throws Problem profile_unknown */
export function profileNamed(name: string): Profile {
  const profile = findProfile(name);
  if (profile === undefined) throw profileUnknown(name);
  return profile;
}

export const profileUnknown = (name: string): Problem =>
  new Problem(
    'profile_unknown',
    `This version does not know the profile "${name}" of the tenant. Run a version that does, or create a new tenant.`,
  );
