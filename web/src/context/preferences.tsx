/** The choices that a viewer made for this browser: light or dark, and the language. */
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { type Language, languageOf, loadTexts, type Texts, TextsProvider } from '../texts/index.ts';
import { applyMode, type Mode } from './theme.ts';

type Preferences = {
  mode: Mode;
  setMode(mode: Mode): void;
  language: Language;
  setLanguage(language: Language): void;
};

const PreferencesContext = createContext<Preferences | null>(null);

/** @throws Error outside of the provider */
export function usePreferences(): Preferences {
  const preferences = use(PreferencesContext);
  if (preferences === null) throw new Error('There is no PreferencesProvider above');
  return preferences;
}

/** Storage may be forbidden, as in a frame: then a choice lasts as long as the page. */
function stored(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
function store(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // It lasts as long as the page.
  }
}

const MODES: readonly string[] = ['light', 'dark', 'auto'] satisfies Mode[];
const storedMode = () => {
  const mode = stored('tidings-mode');
  return mode !== null && MODES.includes(mode) ? (mode as Mode) : null;
};

/** @param mode of the theme, where the viewer has not chosen */
export function PreferencesProvider({
  mode: given = 'auto',
  children,
}: {
  mode?: Mode;
  children: ReactNode;
}) {
  const [chosen, setChosen] = useState<Mode | null>(storedMode);
  const [language, setLanguage] = useState<Language>(() =>
    languageOf([stored('tidings-language') ?? '', ...navigator.languages]),
  );
  const [texts, setTexts] = useState<Texts | null>(null);
  const mode = chosen ?? given;

  useEffect(() => applyMode(mode), [mode]);
  useEffect(() => {
    let isCurrent = true;
    void loadTexts(language).then((loaded) => {
      if (!isCurrent) return;
      document.documentElement.lang = language;
      document.documentElement.dir = loaded.direction;
      setTexts(loaded);
    });
    return () => {
      isCurrent = false;
    };
  }, [language]);

  const preferences = useMemo<Preferences>(
    () => ({
      mode,
      setMode: (next) => {
        store('tidings-mode', next);
        setChosen(next);
      },
      language,
      setLanguage: (next) => {
        store('tidings-language', next);
        setLanguage(next);
      },
    }),
    [mode, language],
  );
  if (texts === null) return null;
  return (
    <PreferencesContext value={preferences}>
      <TextsProvider value={texts}>{children}</TextsProvider>
    </PreferencesContext>
  );
}
