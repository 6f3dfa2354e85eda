/**
 * Keeps the focus near where it was when what had it goes away: a button that is not offered any more, a row that has left the list.
 * Otherwise the keyboard would start again at the top of the page, and a screen reader would fall silent.
 */
import { useEffect } from 'react';

/** What is worth the focus: a part of the page that has a meaning of its own. */
const PLACES = '[role=region], section, [role=group], form, dialog[open], main';

export function useKeptFocus(): void {
  useEffect(() => {
    /** what has the focus, and what is around it, from within */
    let path: Element[] = [];
    const note = ({ target }: FocusEvent) => {
      path = [];
      for (let each = target as Element | null; each !== null; each = each.parentElement) path.push(each);
    };
    const observer = new MutationObserver(() => {
      const [held] = path;
      if (held === undefined || held.isConnected || document.activeElement !== document.body) return;
      const place = path.find((each) => each.isConnected && each.matches(PLACES));
      path = [];
      if (!(place instanceof HTMLElement)) return;
      if (!place.hasAttribute('tabindex')) place.tabIndex = -1;
      place.focus({ preventScroll: true });
    });
    document.addEventListener('focusin', note);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', note);
      observer.disconnect();
    };
  }, []);
}
