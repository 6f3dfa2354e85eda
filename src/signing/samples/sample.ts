/** A sample: code in one language by which a receiver tells a genuine request from another, made from the recipe of its signature. */
import type { SignatureRecipe } from '../../domain/signing.ts';

/** Makes the code of one language. */
export type SampleMaker = {
  language: string;
  title: string;
  /** @param recipe all texts in it are printable ASCII without quotes and backslashes */
  make(recipe: SignatureRecipe): string;
};

/** A request that was signed longer ago, or in the future, is refused: it may be a copy of an old one (Standard Webhooks). */
export const TOLERANCE_S = 300;

/** Whether the time of the attempt is signed, so that an old request can be told. */
export const isTimed = ({ signed }: SignatureRecipe): boolean => signed.includes('webhook-timestamp');

/** The signed parts before the body, as names of headers. The body is the last part of every recipe. */
export const signedHeaders = ({ signed }: SignatureRecipe): string[] =>
  signed.filter((part) => part !== 'body');

/** Leaves out lines that are `null`, and joins the others. */
export const lines = (...all: readonly (string | null)[]): string =>
  `${all.filter((line) => line !== null).join('\n')}\n`;

/** The word for the key in comments: receivers of ed25519 signatures need no secret. */
export const keyWord = ({ algorithm }: SignatureRecipe): string =>
  algorithm === 'ed25519' ? 'public key' : 'secret';

/** DER of an X.509 public key of ed25519, before its 32 bytes, in hex (RFC 8410). */
export const ED25519_DER = '302a300506032b6570032100';
