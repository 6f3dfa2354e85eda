/** The frame around every page: navigation, who is signed in, appearance, and whether the service answers. */
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { usePreferences } from '../context/preferences.tsx';
import { useAway } from '../context/reached.tsx';
import { useViewer } from '../context/session.tsx';
import { useShortcut } from '../context/shortcuts.ts';
import type { Mode } from '../context/theme.ts';
import { IconButton } from '../parts/button.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { LANGUAGES, type Language, useTexts } from '../texts/index.ts';
import { AwayNotice } from './away-notice.tsx';
import styles from './shell.module.css';
import { useKeptFocus } from './use-kept-focus.ts';

const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })));
const Shortcuts = lazy(() =>
  import('./shortcut-list.tsx').then((module) => ({ default: module.ShortcutList })),
);

export type NavigationEntry = { href: string; label: string; icon: IconName };

/**
 * The frame.
 * @param navigation links relative to the place of the frame
 * @param context what stands over the navigation, such as the tenant's name
 * @param searched the tenant in which the palette finds things; `null`: all
 */
export function Shell({
  navigation,
  context,
  searched,
  children,
}: {
  navigation: readonly NavigationEntry[];
  context: ReactNode;
  searched: string | null;
  children: ReactNode;
}) {
  const { shell } = useTexts();
  const viewer = useViewer();
  const [opened, setOpened] = useState<'palette' | 'shortcuts' | 'menu' | null>(null);
  useKeptFocus();
  useShortcut('mod+k', () => setOpened('palette'));
  useShortcut('?', () => setOpened('shortcuts'));
  return (
    <div
      className={styles.shell}
      data-menu={opened === 'menu' || undefined}
      data-bare={!viewer.showsNavigation || undefined}
    >
      <a className={styles.skip} href="#content">
        {shell.skip}
      </a>
      {viewer.showsNavigation && (
        <aside className={styles.side}>
          <div className={styles.brand}>
            {viewer.logo ? (
              <img src={viewer.logo} alt="" className={styles.logo} />
            ) : (
              <span className={styles.mark} aria-hidden="true" />
            )}
            <strong className="ellipsis">{viewer.name}</strong>
          </div>
          <IconButton
            icon={opened === 'menu' ? 'cross' : 'menu'}
            label={shell.menu}
            aria-expanded={opened === 'menu'}
            onClick={() => setOpened(opened === 'menu' ? null : 'menu')}
          />
          <div className={styles.panel}>
            <div className={styles.context}>{context}</div>
            <button type="button" className={styles.find} onClick={() => setOpened('palette')}>
              <Icon name="search" />
              <span>{shell.find}</span>
              <kbd>{/Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
            </button>
            <Navigation entries={navigation} onFollow={() => setOpened(null)} />
            <Preferences />
          </div>
        </aside>
      )}
      <main id="content" className={styles.content} tabIndex={-1}>
        <AwayNotice away={useAway()} />
        {children}
      </main>
      <Suspense>
        {opened === 'palette' && <Palette searched={searched} onClose={() => setOpened(null)} />}
        {opened === 'shortcuts' && <Shortcuts onClose={() => setOpened(null)} />}
      </Suspense>
    </div>
  );
}

function Navigation({ entries, onFollow }: { entries: readonly NavigationEntry[]; onFollow: () => void }) {
  const { shell } = useTexts();
  const [location] = useLocation();
  const isCurrent = (href: string) =>
    href === '/' ? location === '/' : location === href || location.startsWith(`${href}/`);
  return (
    <nav aria-label={shell.navigation}>
      <ul className={styles.links}>
        {entries.map(({ href, label, icon }) => (
          <li key={href}>
            <Link href={href} aria-current={isCurrent(href) ? 'page' : undefined} onClick={onFollow}>
              <Icon name={icon} />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Preferences() {
  const { shell } = useTexts();
  const viewer = useViewer();
  const { mode, setMode, language, setLanguage } = usePreferences();
  return (
    <div className={styles.foot}>
      {viewer.returnUrl && (
        <a href={viewer.returnUrl} target="_top" rel="noreferrer">
          {shell.back(viewer.name)}
        </a>
      )}
      <div className={styles.choices}>
        <select
          aria-label={shell.appearance}
          value={mode}
          onChange={(event) => setMode(event.target.value as Mode)}
        >
          {(['auto', 'light', 'dark'] as const).map((each) => (
            <option key={each} value={each}>
              {shell.modes[each]}
            </option>
          ))}
        </select>
        <select
          aria-label={shell.language}
          value={language}
          onChange={(event) => setLanguage(event.target.value as Language)}
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <button type="button" className={styles.signOut} onClick={() => void viewer.signOut()}>
        {shell.signOut}
      </button>
    </div>
  );
}
