/** The command palette: whatever id, external id, URL or event type is pasted is found and opened. */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { soughtIn } from '../context/sought.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { ProblemNotice } from '../parts/problem.tsx';
import { useTexts } from '../texts/index.ts';
import styles from './palette.module.css';
import {
  type Entry,
  useActivityEntry,
  useHitEntries,
  useHits,
  usePages,
  useTypeEntry,
} from './palette-entries.ts';

/** Long enough that what is pasted is asked for at once, and what is typed not letter by letter. */
const SETTLED_MS = 120;

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** @param searched the tenant whose pages are shown; `null`: all */
export function Palette({ searched, onClose }: { searched: string | null; onClose: () => void }) {
  const { common, palette: texts } = useTexts();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  // Enter before the answer: the first that is found is opened when it comes.
  const [isEager, setEager] = useState(false);
  const q = soughtIn(typed, location.origin);
  const settled = useSettled(q);
  const { data, error, refetch, isFetching } = useHits(settled, searched);
  const isCurrent = q === settled && !isFetching;
  const pages = usePages(searched).filter(({ title }) => title.toLowerCase().includes(q.toLowerCase()));
  const hits = useHitEntries(q === '' ? [] : (data?.items ?? []), searched);
  const ofType = useTypeEntry(q);
  const ofActivity = useActivityEntry(hits.length === 0 ? q : '');
  // Before the answer has come, Enter shall not take what is only a guess.
  const entries = [...pages, ...hits, ...(isCurrent ? [...ofType, ...ofActivity] : [])];
  const at = Math.min(active, entries.length - 1);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);

  const open = (entry: Entry) => {
    onClose();
    navigate(entry.href);
  };
  const first = entries[0];
  useEffect(() => {
    if (!isEager || !isCurrent) return;
    setEager(false);
    if (first !== undefined) open(first);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: it follows the selected entry
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (step !== undefined && entries.length > 0) {
      event.preventDefault();
      setActive((at + step + entries.length) % entries.length);
    }
    if (key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      const entry = entries[at];
      if (entry !== undefined) open(entry);
      else if (!isCurrent) setEager(true);
    }
  };
  const isNothing = q !== '' && isCurrent && entries.length === 0 && !error;
  return (
    <Dialog title={texts.title} onClose={onClose}>
      <div className="stack-tight">
        <input
          type="text"
          role="combobox"
          className={styles.input}
          aria-label={common.search}
          aria-expanded={entries.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={entries.length > 0 ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          placeholder={texts.placeholder}
          autoFocus
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
            setEager(false);
          }}
          onKeyDown={onKeyDown}
        />
        {error && <ProblemNotice problem={error} onRetry={refetch} />}
        <div ref={list} id={`${id}-list`} role="listbox" aria-label={texts.results} className={styles.list}>
          {entries.map((entry, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard by the field, which keeps the focus
            // biome-ignore lint/a11y/useFocusableInteractive: as above
            <div
              key={entry.key}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              onMouseMove={() => setActive(index)}
              onClick={() => open(entry)}
            >
              <Icon name={entry.icon} />
              <span className={styles.text}>
                <bdi className="ellipsis">{entry.title}</bdi>
                {entry.detail && <small className="muted break">{entry.detail}</small>}
              </span>
            </div>
          ))}
        </div>
        <div role="status" className={styles.status}>
          {isNothing && (
            <>
              <p>{texts.nothing(q)}</p>
              <p className="muted">{texts.canFind}</p>
            </>
          )}
          {q !== '' && !isCurrent && <p className="muted">{texts.searching}</p>}
        </div>
      </div>
    </Dialog>
  );
}
