/** The field `Search` of a list: what is typed stands in the address as `q` a moment later. */
import { useEffect, useRef, useState } from 'react';
import { useShortcut } from '../context/shortcuts.ts';
import { useTexts } from '../texts/index.ts';
import { Icon } from './icon.tsx';
import styles from './search-field.module.css';

/** Long enough that no letter of a word is searched for alone. */
const SETTLED_MS = 250;

/** @param value as it stands in the address */
export function SearchField({
  value,
  onValue,
  placeholder,
}: {
  value: string;
  onValue(value: string): void;
  placeholder: string;
}) {
  const { common } = useTexts();
  const [typed, setTyped] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const told = useRef(value);
  useShortcut('/', () => input.current?.focus());
  useEffect(() => {
    // The address changed by itself: by the way back, or by a link.
    if (value === told.current) return;
    told.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed.trim() === told.current) return;
    const timer = setTimeout(() => {
      told.current = typed.trim();
      onValue(told.current);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [typed, onValue]);
  return (
    <search className={styles.field}>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label={common.search}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </search>
  );
}
