/** Interface of an auth scheme: the credentials that an endpoint may have, and what they add to each of its requests. */
import { z } from 'zod';
import type { EndpointAuth } from '../domain/endpoint.ts';

/** A header with a credential. Its value is `open` and `secret`; logs show `open` and a mask, such as `Basic ••••`. */
export type CredentialHeader = { name: string; open: string; secret: string };

/** Additions to a request that prove who sends it. */
export type Authorization = {
  headers: readonly CredentialHeader[];
  /** parameters that are appended to the query of the URL, whose values logs mask */
  query?: readonly (readonly [name: string, value: string])[];
};

/** What a scheme may use to obtain a credential. */
export type AuthMeans = {
  /**
   * POSTs through Tidings' own sender: to checked addresses, within the time of the attempt, at most 16 KiB of the answer.
   * @throws AuthorizationError when no response came
   */
  post(request: {
    url: string;
    headers: [string, string][];
    body: Buffer;
  }): Promise<{ status: number; body: Buffer }>;
  /** Unix ms */
  nowMs(): number;
  /** aborted when the attempt's time is over; the attempt fails then, whatever the scheme does */
  readonly signal: AbortSignal;
  /**
   * The endpoint's credential from the cache, or from `make`. Attempts that ask at the same time share one call of `make`. The credential
   * is dropped when the endpoint changes and when the receiver answers 401.
   */
  cached(make: () => Promise<{ value: string; forMs: number }>): Promise<string>;
};

/** A credential could not be obtained. The delivery log shows the message, with the endpoint's secrets masked. */
export class AuthorizationError extends Error {}

/** A field of the credentials, as a form shows it. */
export type AuthField = {
  name: string;
  /** the `title` of its schema */
  label: string;
  description: string | null;
  /** `secret`: whoever types it should not have it read over the shoulder, and nobody is shown it again */
  kind: 'text' | 'secret';
  required: boolean;
  /** in characters; `null`: no bound */
  minLength: number | null;
  maxLength: number | null;
};

export type AuthScheme = {
  type: string;
  /** its name in a form */
  title: string;
  /** what it sends, for the API's reference */
  description: string;
  /** the fields beside `type`, in the order of a form */
  form: readonly AuthField[];
  /** the schema of `auth` in the API */
  schema: z.ZodObject;
  /** credentials that `schema` and `problem` accept, the most usual first; the conformance suite tries each */
  examples: readonly EndpointAuth[];
  /** whether what is stored can be used, also where a limit of its fields has changed since */
  isStored(auth: object): boolean;
  /** the values of the secret fields */
  secretsOf(auth: EndpointAuth): string[];
  /** a rule that the schema cannot express. @returns what is wrong with these credentials, or `null` */
  problem(auth: EndpointAuth): { field: string; message: string } | null;
  /**
   * A scheme with static credentials returns at once, which costs an attempt nothing. One that must ask somebody returns a promise.
   * @throws AuthorizationError when the credential cannot be obtained
   */
  authorize(auth: EndpointAuth, means: AuthMeans): Authorization | Promise<Authorization>;
  /** `authorize` with a placeholder for what only a call obtains, for the curl command. `null`: it makes no call */
  outline: ((auth: EndpointAuth) => Authorization) | null;
};

/** A value's shape is wrong, rather than its length or its form. */
const WRONG_SHAPE: readonly string[] = ['invalid_type', 'invalid_value', 'invalid_union'];

/**
 * Makes a scheme from its own file's declaration.
 * @param scheme.fields the schema of each field beside `type`; its `title` is the label in forms, and its `description` stands beside it
 * @param scheme.openFields fields that are no secrets; all others are masked where a receiver shows them
 */
export function authScheme<Fields extends z.ZodRawShape>(scheme: {
  type: string;
  title: string;
  description: string;
  fields: Fields;
  openFields?: readonly (keyof Fields & string)[];
  examples: readonly [z.infer<z.ZodObject<Fields>>, ...z.infer<z.ZodObject<Fields>>[]];
  problem?(auth: z.infer<z.ZodObject<Fields>>): { field: keyof Fields & string; message: string } | null;
  authorize(auth: z.infer<z.ZodObject<Fields>>, means: AuthMeans): Authorization | Promise<Authorization>;
  outline?(auth: z.infer<z.ZodObject<Fields>>): Authorization;
}): AuthScheme {
  type Auth = z.infer<z.ZodObject<Fields>>;
  const { type, title, description, fields, openFields = [] } = scheme;
  const schema = z.strictObject({ type: z.literal(type), ...fields }).describe(description);
  const secretFields = Object.keys(fields).filter((field) => !openFields.includes(field));
  return {
    type,
    title,
    description,
    schema,
    form: Object.entries(fields).map(([name, field]) =>
      fieldOf(name, field as z.ZodType, openFields.includes(name) ? 'text' : 'secret'),
    ),
    examples: scheme.examples.map((example) => ({ ...(example as object), type })),
    isStored(auth) {
      const { error } = schema.safeParse(auth);
      return error === undefined || !error.issues.some(({ code }) => WRONG_SHAPE.includes(code));
    },
    secretsOf: (auth) =>
      secretFields.map((field) => auth[field]).filter((value) => typeof value === 'string'),
    problem: (auth) => scheme.problem?.(auth as unknown as Auth) ?? null,
    authorize: (auth, means) => scheme.authorize(auth as unknown as Auth, means),
    outline:
      scheme.outline === undefined
        ? null
        : (auth) => (scheme.outline as (auth: Auth) => Authorization)(auth as unknown as Auth),
  };
}

function fieldOf(name: string, schema: z.ZodType, kind: AuthField['kind']): AuthField {
  const { title, description, minLength, maxLength } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  });
  return {
    name,
    label: title ?? name,
    description: description ?? null,
    kind,
    required: !schema.safeParse(undefined).success,
    minLength: minLength ?? null,
    maxLength: maxLength ?? null,
  };
}

/** An authorization by the `authorization` header alone. */
export function authorizationHeader(open: string, secret: string): Authorization {
  return { headers: [{ name: 'authorization', open, secret }] };
}
