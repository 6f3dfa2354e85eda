/** Interface of an auth scheme: it turns an endpoint's static credentials into its `authorization` header. */
import type { EndpointAuth } from '../domain/endpoint.ts';

export type AuthScheme<Type extends EndpointAuth['type']> = {
  type: Type;
  /** what is wrong with these credentials, or `null` */
  problem(auth: Extract<EndpointAuth, { type: Type }>): { field: string; message: string } | null;
  /** the header's value; `null` leaves the header out */
  header(auth: Extract<EndpointAuth, { type: Type }>): string | null;
};
