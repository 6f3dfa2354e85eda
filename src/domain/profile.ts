/** Interface of a profile: one wire contract, as data and small functions. See docs/adding-a-profile.md. */
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
  /** the source of the contract, for the reference */
  source: string;
  catalogue: readonly CatalogueEntry[];
  /** whether a type outside the catalogue (and the tenant's own types) is accepted */
  allowsUnknownTypes: boolean;
  schedule: RetrySchedule;
  timeoutMs: number;
  /** the signing scheme; `null`: the contract has none */
  signing: SigningScheme | null;
  /** `always`: made when the caller gives none; `chosen`: only when the caller gives one */
  secret: 'always' | 'chosen' | 'never';
  /** the auth schemes that the contract allows */
  authTypes: readonly string[];
  /** the auth of an endpoint that names none; `null` when one must be named */
  defaultAuth: EndpointAuth | null;
  /** what the contract calls an endpoint's URL, where it has a name of its own for it */
  urlLabel?: string;
  httpsOnly: boolean;
  maxEndpoints: number | null;
  /** whether an exhausted delivery stalls the endpoint: its other deliveries are held until a new event arrives for it */
  stallsWhenExhausted: boolean;
  /** checks of `data` (parsed) that JSON Schema cannot express. @returns what is wrong, or `null` */
  dataProblem?(data: unknown): string | null;
  render(input: RenderInput): RenderedBody;
  /** rebuilds `data` from its span in the body, where the span is not the whole of it */
  dataFromSpan?(span: Buffer): Buffer;
  /** the body of one delivery, where it carries the delivery's own id; its input is `render`'s result */
  renderForDelivery?(body: Buffer, deliveryId: string): Buffer;
  /** the type that the test button sends when none is given; an entry of the catalogue */
  testEventType: string;
};
