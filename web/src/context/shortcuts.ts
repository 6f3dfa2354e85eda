/** Keys that do something on the page. They are silent while somebody types, and while a dialog is open. */
import { useEffect, useRef } from 'react';

const TYPED_INTO = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]';

/**
 * Calls `act` when the key is pressed.
 * @param key as `KeyboardEvent.key` names it; `mod+` before it: with Ctrl or ⌘, also while somebody types
 */
export function useShortcut(key: string, act: () => void, isEnabled = true): void {
  const current = useRef(act);
  current.current = act;
  useEffect(() => {
    if (!isEnabled) return;
    const isWithModifier = key.startsWith('mod+');
    const wanted = isWithModifier ? key.slice('mod+'.length) : key;
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== wanted.toLowerCase() || event.altKey) return;
      if ((event.ctrlKey || event.metaKey) !== isWithModifier) return;
      const isTyping = event.target instanceof Element && event.target.matches(TYPED_INTO);
      if (!isWithModifier && (isTyping || document.querySelector('dialog[open]') !== null)) return;
      event.preventDefault();
      current.current();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [key, isEnabled]);
}

/** `j` and `k` go through the links of a list's rows, and Enter follows one as links do. @param selector finds the links */
export function useRowKeys(selector: string): void {
  const step = (by: 1 | -1) => {
    const rows = [...document.querySelectorAll<HTMLElement>(selector)];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = rows[at === -1 ? (by === 1 ? 0 : rows.length - 1) : at + by];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  };
  useShortcut('j', () => step(1));
  useShortcut('k', () => step(-1));
}
