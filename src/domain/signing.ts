/** Interface of a signing scheme: it makes headers that prove who sent a body. */

export type SigningInput = {
  webhookId: string;
  /** Unix seconds of this attempt */
  timestampS: number;
  body: Buffer;
  /** the secrets that are valid now, newest first; never empty */
  secrets: readonly string[];
};

export type SigningScheme = {
  name: string;
  /** lower-case names of the headers that `sign` may return */
  headerNames: readonly string[];
  /** whether several secrets may sign at once, so that a rotation can overlap; otherwise the newest alone signs */
  signsWithAll: boolean;
  /** a fresh secret, in the form that `secretProblem` accepts */
  generateSecret(): string;
  /** why a caller's own secret cannot be used, or `null` */
  secretProblem(secret: string): string | null;
  /** other forms of a secret in which a receiver may show it, such as the bytes (as Latin-1) of the key that it holds */
  keyForms?(secret: string): string[];
  sign(input: SigningInput): Record<string, string>;
};
