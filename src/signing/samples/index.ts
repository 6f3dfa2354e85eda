/** Samples of verification in each language, for a signature that a recipe describes. A new language is one file and one line here. */
import type { SignatureRecipe, SigningScheme, VerificationSample } from '../../domain/signing.ts';
import { csharp } from './csharp.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import type { SampleMaker } from './sample.ts';
import { typescript } from './typescript.ts';

const MAKERS: readonly SampleMaker[] = [typescript, python, go, php, ruby, java, csharp];

export type SchemeSample = VerificationSample & { secretKind: string | null };

/** Of every kind of secret that the scheme signs with; empty, where neither a recipe nor the scheme's own file has any. */
export const samplesOf = ({ recipes = [], samples = [] }: SigningScheme): SchemeSample[] => [
  ...recipes.flatMap((recipe) =>
    samplesOfRecipe(recipe).map((sample) => ({ ...sample, secretKind: recipe.secretKind })),
  ),
  ...samples.map((sample) => ({ ...sample, secretKind: null })),
];

/** @throws Error where the recipe has a text that cannot stand in code as it is */
function samplesOfRecipe(recipe: SignatureRecipe): VerificationSample[] {
  const texts = [recipe.header, recipe.prefix, recipe.separator ?? '', recipe.key.prefix];
  const unfit = texts.find((text) => !/^[\x20-\x7e]*$/.test(text) || /["'\\$`#{}]/.test(text));
  if (unfit !== undefined) throw new Error(`A recipe's text cannot stand in code: ${unfit}`);
  return MAKERS.map(({ language, title, make }) => ({ language, title, code: make(recipe) }));
}
