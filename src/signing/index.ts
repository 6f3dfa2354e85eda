/** The registries of signing and auth schemes. A new one is one file and one line here. */
import type { EndpointAuth } from '../domain/endpoint.ts';
import type { SigningScheme } from '../domain/signing.ts';
import type { AuthScheme } from './auth-scheme.ts';
import { basic } from './basic.ts';
import { bearer } from './bearer.ts';
import { allureSignature, readingStepsSignature } from './hmac-header.ts';
import { none } from './none.ts';
import { rawAuthorization } from './raw-authorization.ts';
import { standardWebhooksSigning } from './standard-webhooks.ts';

export { generateEd25519Secret, publicKeyOf } from './standard-webhooks.ts';

export const SIGNING_SCHEMES: readonly SigningScheme[] = [
  standardWebhooksSigning,
  readingStepsSignature,
  allureSignature,
];

export const AUTH_SCHEMES: { [Type in EndpointAuth['type']]: AuthScheme<Type> } = {
  none,
  basic,
  bearer,
  authorization: rawAuthorization,
};

/** The value of the `authorization` header for these credentials; `null` leaves it out. */
export function authorizationHeader(auth: EndpointAuth): string | null {
  return schemeOf(auth).header(auth);
}

/** What is wrong with these credentials, or `null`. */
export function authProblem(auth: EndpointAuth): { field: string; message: string } | null {
  return schemeOf(auth).problem(auth);
}

function schemeOf(auth: EndpointAuth): AuthScheme<EndpointAuth['type']> {
  return AUTH_SCHEMES[auth.type] as AuthScheme<EndpointAuth['type']>;
}
