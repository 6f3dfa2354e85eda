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

export type SignatureHeader = {
  /** as the product's document spells it */
  name: string;
  /** what it holds, in Markdown, for people who write a receiver */
  holds: string;
};

/** The computation of a signature, as data from which code in any language can be made. */
export type SignatureRecipe = {
  /** the kind of secret that signs so (`secretKinds`); `null`: there is one */
  secretKind: string | null;
  algorithm: 'hmac-sha256' | 'ed25519';
  header: string;
  /** goes before the signature, and parts several of them; `null`: there is only one */
  prefix: string;
  separator: string | null;
  encoding: 'hex' | 'base64';
  /** what is signed: these, joined by dots */
  signed: readonly ('webhook-id' | 'webhook-timestamp' | 'body')[];
  /** the key's bytes: the secret (ed25519: the public key) without its prefix, as UTF-8 or decoded */
  key: { prefix: string; encoding: 'utf8' | 'base64' };
};

/** Code by which a receiver tells a genuine request from another, in one language. */
export type VerificationSample = {
  /** as code blocks name it: `ts`, `python` */
  language: string;
  /** as people name it */
  title: string;
  /** a file that can be copied as it stands */
  code: string;
};

export type SigningScheme = {
  name: string;
  /** the form of a caller's own secret, for the API's reference: `… has 1 to 256 characters` */
  secretForm: string;
  /** the headers that `sign` may return */
  headers: readonly SignatureHeader[];
  /** how receivers verify each kind of signature, where a recipe can say it */
  recipes?: readonly SignatureRecipe[];
  /** code of receivers, for a scheme that no recipe can say: from recipes it is made (src/signing/samples) */
  samples?: readonly VerificationSample[];
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
