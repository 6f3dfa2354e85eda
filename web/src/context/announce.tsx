/** Short messages of what was done (`role="status"`), at the edge of the page. What failed stands where it failed (parts/problem.tsx). */
import { createContext, type ReactNode, use, useCallback, useState } from 'react';
import styles from './announce.module.css';

type Announce = (text: string) => void;
const AnnounceContext = createContext<Announce>(() => {});

/** Says what was done, to eyes and to screen readers. */
export const useAnnounce = (): Announce => use(AnnounceContext);

const SHOWN_MS = 6_000;

export function Announcer({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<{ id: number; text: string }[]>([]);
  const announce = useCallback<Announce>((text) => {
    const id = Math.random();
    setMessages((shown) => [...shown.filter((each) => each.text !== text), { id, text }].slice(-3));
    setTimeout(() => setMessages((shown) => shown.filter((each) => each.id !== id)), SHOWN_MS);
  }, []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className={styles.messages} role="status" aria-live="polite">
        {messages.map(({ id, text }) => (
          <p key={id} className={styles.message}>
            {text}
          </p>
        ))}
      </div>
    </AnnounceContext>
  );
}
