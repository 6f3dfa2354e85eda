/** The registry of profiles. A new one is one file and one line here; see docs/adding-a-profile.md. */
import type { Profile } from '../domain/profile.ts';
import { leah } from './leah.ts';
import { lessonly } from './lessonly.ts';
import { readingSteps } from './reading-steps.ts';
import { scormApi } from './scorm-api.ts';
import { standardWebhooks } from './standard-webhooks.ts';

export { scormDeliveryId } from './scorm-api.ts';

export const PROFILES: readonly Profile[] = [standardWebhooks, readingSteps, leah, scormApi, lessonly];

export const DEFAULT_PROFILE = standardWebhooks.name;

/** @throws Error when no profile has that name: names are checked where they come in. */
export function profileNamed(name: string): Profile {
  const profile = PROFILES.find((each) => each.name === name);
  if (profile === undefined) throw new Error(`No profile is named ${name}`);
  return profile;
}
