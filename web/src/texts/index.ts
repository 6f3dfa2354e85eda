/** Texts of the pages in each language. Texts that need a number or a name are functions; Intl decides about plurals. */
import { createContext, use } from 'react';
import { en } from './en/index.ts';

export type Texts = typeof en;

export const LANGUAGES = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  'pt-BR': 'Português (Brasil)',
  ar: 'العربية',
} as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Record<Language, () => Promise<Texts>> = {
  en: async () => en,
  de: () => import('./de/index.ts').then(({ de }) => de),
  es: () => import('./es/index.ts').then(({ es }) => es),
  'pt-BR': () => import('./pt-br/index.ts').then(({ ptBr }) => ptBr),
  ar: () => import('./ar/index.ts').then(({ ar }) => ar),
};

export const loadTexts = (language: Language): Promise<Texts> => LOADERS[language]();

/** The first of the wanted languages that there is; English, where there is none. `de-AT` takes `de`. */
export function languageOf(wanted: readonly string[]): Language {
  const known = Object.keys(LANGUAGES) as Language[];
  for (const each of wanted) {
    const found =
      known.find((one) => one === each) ?? known.find((one) => one.split('-')[0] === each.split('-')[0]);
    if (found !== undefined) return found;
  }
  return 'en';
}

const TextsContext = createContext<Texts>(en);
export const TextsProvider = TextsContext.Provider;

/** The texts in the viewer's language. */
export const useTexts = (): Texts => use(TextsContext);
