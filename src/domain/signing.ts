/** Interface of a signing scheme: it makes headers that prove who sent a body. See docs/adding-a-signing-scheme.md. */

export type SigningInput = {
  webhookId: string;
  /** Unix seconds of this attempt */
  timestampS: number;
  body: Buffer;
  /** the secrets that are valid now, newest first; never empty */
  secrets: readonly string[];
};

/** One of several kinds of secrets that a scheme signs with. */
export type SecretKind = {
  /** the `signature` by which a caller of the API asks for it */
  name: string;
  generateSecret(): string;
  /** whether a secret is of this kind: a rotation makes another one of it */
  isKindOf(secret: string): boolean;
};

export type SigningScheme = {
  name: string;
  /** the form of a caller's own secret, for the API's reference: `… has 1 to 256 characters` */
  secretForm: string;
  /** lower-case names of the headers that `sign` may return */
  headerNames: readonly string[];
  /** whether several secrets may sign at once, so that a rotation can overlap; otherwise the newest alone signs */
  signsWithAll: boolean;
  /** a fresh secret, in the form that `secretProblem` accepts */
  generateSecret(): string;
  /** the kinds that a caller may choose from; absent: there is one */
  secretKinds?: readonly SecretKind[];
  /** why a caller's own secret cannot be used, or `null` */
  secretProblem(secret: string): string | null;
  /** the key with which receivers verify what this secret signs; `null`: they need the secret itself */
  publicKey?(secret: string): string | null;
  /** other forms of a secret in which a receiver may show it, such as the bytes (as Latin-1) of the key that it holds */
  keyForms?(secret: string): string[];
  sign(input: SigningInput): Record<string, string>;
};
