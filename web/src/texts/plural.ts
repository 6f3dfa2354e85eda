/** Numbers in words: the form that the language has for them. */

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/**
 * Makes a text of a count.
 * @param forms with `#` where the number stands
 */
export function plural(language: string, forms: Forms): (count: number) => string {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (count) => (forms[rules.select(count)] ?? forms.other).replace('#', numbers.format(count));
}
