/**
 * The registries of auth and signing schemes. A new one is one file and one line here; see docs/adding-an-auth-scheme.md
 * and docs/adding-a-signing-scheme.md.
 */
import { z } from 'zod';
import type { EndpointAuth } from '../domain/endpoint.ts';
import type { SigningScheme } from '../domain/signing.ts';
import type { AuthMeans, Authorization, AuthScheme } from './auth-scheme.ts';
import { basic } from './basic.ts';
import { bearer } from './bearer.ts';
import { allureSignature, readingStepsSignature } from './hmac-header.ts';
import { none } from './none.ts';
import { rawAuthorization } from './raw-authorization.ts';
import { standardWebhooksSigning } from './standard-webhooks.ts';

export const SIGNING_SCHEMES: readonly SigningScheme[] = [
  standardWebhooksSigning,
  readingStepsSignature,
  allureSignature,
];

/** The auth schemes by type. */
export const AUTH_SCHEMES: Record<string, AuthScheme> = {
  none,
  basic,
  bearer,
  authorization: rawAuthorization,
};

/** All types, for profiles whose contract leaves the credentials open. */
export const AUTH_TYPES: readonly string[] = Object.keys(AUTH_SCHEMES);

/** The schema of `auth` in the API. */
export const authSchema = z
  .discriminatedUnion('type', schemas(Object.values(AUTH_SCHEMES)))
  .describe('The credentials that go out with every attempt.') as unknown as z.ZodType<EndpointAuth>;

/**
 * What these credentials add to a request: at once where they are static.
 * @throws AuthorizationError when a credential cannot be obtained
 */
export function authorize(auth: EndpointAuth, means: AuthMeans): Authorization | Promise<Authorization> {
  return schemeOf(auth).authorize(auth, means);
}

/** The same without a call to anybody: it has a placeholder for what only a call obtains. */
export function authorizationOutline(auth: EndpointAuth): Authorization {
  const { outline, authorize } = schemeOf(auth);
  const made = outline === null ? authorize(auth, WITHOUT_MEANS) : outline(auth);
  if (!(made instanceof Promise)) return made;
  made.catch(() => {});
  throw new Error(`The auth scheme ${auth.type} makes calls and has no outline`);
}

/** What is wrong with these credentials, or `null`. */
export function authProblem(auth: EndpointAuth): { field: string; message: string } | null {
  return schemeOf(auth).problem(auth);
}

/** Whether a stored value is the credentials of a scheme that this version knows. */
export function isStoredAuth(value: unknown): value is EndpointAuth {
  if (typeof value !== 'object' || value === null) return false;
  return findScheme((value as EndpointAuth).type)?.isStored(value) ?? false;
}

/** The secrets among the credentials. */
export function authSecrets(auth: EndpointAuth): string[] {
  return schemeOf(auth).secretsOf(auth);
}

function findScheme(type: string): AuthScheme | undefined {
  return Object.hasOwn(AUTH_SCHEMES, type) ? AUTH_SCHEMES[type] : undefined;
}

function schemeOf({ type }: EndpointAuth): AuthScheme {
  const scheme = findScheme(type);
  if (scheme === undefined) throw new Error(`There is no auth scheme ${type}`);
  return scheme;
}

/** `discriminatedUnion` takes no empty list. */
function schemas([first, ...others]: AuthScheme[]): [z.ZodObject, ...z.ZodObject[]] {
  return [(first as AuthScheme).schema, ...others.map(({ schema }) => schema)];
}

const WITHOUT_MEANS = new Proxy({} as AuthMeans, {
  get(_target, name) {
    throw new Error(`A scheme that uses ${String(name)} needs an outline`);
  },
});
