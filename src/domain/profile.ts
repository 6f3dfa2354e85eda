/** What a profile is: one wire contract, as data and small functions. See docs/adding-a-profile.md. */
import type { EndpointAuth } from './endpoint.ts';
import type { RenderedBody } from './event.ts';
import type { RetrySchedule } from './schedule.ts';
import type { SigningScheme } from './signing.ts';

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export type CatalogueEntry = {
  name: string;
  description: string;
  schema: JsonSchema;
  /** `data` of an example event, as the exact JSON text that a product's document shows */
  example: string;
};

export type RenderInput = {
  type: string;
  timestampMs: number;
  /** the tenant's `external_id`, else its id */
  tenantWireId: string;
  /** raw JSON text */
  data: string;
};

export type Profile = {
  name: string;
  title: string;
  /** where the contract comes from, for the reference */
  source: string;
  catalogue: readonly CatalogueEntry[];
  /** whether a type outside the catalogue (and the tenant's own types) is accepted */
  allowsUnknownTypes: boolean;
  schedule: RetrySchedule;
  timeoutMs: number;
  /** the scheme that signs, or `null` where the contract has none */
  signing: SigningScheme | null;
  /** `always`: made when the caller gives none; `chosen`: only when the caller gives one */
  secret: 'always' | 'chosen' | 'never';
  authTypes: readonly EndpointAuth['type'][];
  /** the auth of an endpoint that names none; `null` when one must be named */
  defaultAuth: EndpointAuth | null;
  httpsOnly: boolean;
  maxEndpoints: number | null;
  /** after exhaustion nothing is sent to the endpoint until a new event arrives for it */
  stallsWhenExhausted: boolean;
  /** more than the JSON Schema can say about `data` (as JSON.parse gives it): what is wrong, or `null` */
  dataProblem?(data: unknown): string | null;
  render(input: RenderInput): RenderedBody;
  /** `data` again, where the span in the body is not the whole of it */
  dataFromSpan?(span: Buffer): Buffer;
  /** the body of one delivery, where it carries the delivery's own id; its input is `render`'s result */
  renderForDelivery?(body: Buffer, deliveryId: string): Buffer;
  /** what the test button sends when no type is asked for: the name of an entry of the catalogue */
  testEventType: string;
};
