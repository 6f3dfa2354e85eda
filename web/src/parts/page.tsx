/** The frame of a page's content: title, actions, cards, empty states, key-value lists, tabs. */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../context/session.tsx';
import styles from './page.module.css';

/**
 * A page: sets the document's title, and brings the actions to the title's side.
 * @param above a link back, or other context over the title
 */
export function Page({
  title,
  shownTitle = title,
  above,
  actions,
  children,
}: {
  title: string;
  shownTitle?: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const { name } = useViewer();
  useEffect(() => {
    document.title = `${title} · ${name}`;
  }, [title, name]);
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div className={styles.heading}>
          {above && <div className={styles.above}>{above}</div>}
          <h1 className="break">{shownTitle}</h1>
        </div>
        {actions && <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/**
 * A titled box.
 * @param isRegion makes it a region that bears the title's name
 * @param isNarrow what is in it is as wide as a form is read
 */
export function Card({
  title,
  actions,
  children,
  isRegion = false,
  isNarrow = false,
}: {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  isRegion?: boolean;
  isNarrow?: boolean;
}) {
  const id = useId();
  const content = (
    <>
      {(title || actions) && (
        <div className={styles.cardHeader}>
          {title && <h2 id={id}>{title}</h2>}
          {actions && <div className="row">{actions}</div>}
        </div>
      )}
      {children}
    </>
  );
  const look = `${styles.card} ${isNarrow ? styles.narrow : ''}`;
  return isRegion ? (
    <section className={look} aria-labelledby={id}>
      {content}
    </section>
  ) : (
    <div className={look}>{content}</div>
  );
}

/** Says what is not there, and what to do next. */
export const Empty = ({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) => (
  <div className={styles.empty}>
    <h2>{title}</h2>
    {children && <p className="muted">{children}</p>}
    {action && <div className="row">{action}</div>}
  </div>
);

/** Names with their values. Entries without a value are left out. */
export const Facts = ({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) => (
  <dl className={styles.facts}>
    {facts
      .filter(([, value]) => value !== null && value !== undefined && value !== false)
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);

/**
 * Tabs that are links: each has an address of its own. They are tabs to screen readers, because their names may be those of links of the
 * navigation. Arrow keys go from one to the next.
 */
export const Tabs = ({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { href: string; label: string; isCurrent: boolean }[];
}) => {
  const list = useRef<HTMLDivElement>(null);
  const current = tabs.find(({ isCurrent }) => isCurrent)?.href;
  useEffect(() => {
    if (current !== undefined && list.current !== null) showCurrentTab(list.current);
  }, [current]);
  return (
    <div ref={list} role="tablist" aria-label={label} className={styles.tabs} onKeyDown={stepAmongTabs}>
      {tabs.map((tab) => (
        <Link
          key={tab.href}
          href={tab.href}
          role="tab"
          aria-selected={tab.isCurrent}
          tabIndex={tab.isCurrent ? 0 : -1}
        >
          {tab.label}
        </Link>
      ))}
    </div>
  );
};

/** Where there is no room for all tabs, scrolls to the current one; the page itself stays where it is. */
function showCurrentTab(list: HTMLElement): void {
  const tab = list.querySelector('[aria-selected=true]')?.getBoundingClientRect();
  if (tab === undefined) return;
  const room = list.getBoundingClientRect();
  if (tab.left < room.left) list.scrollLeft += tab.left - room.left;
  else if (tab.right > room.right) list.scrollLeft += tab.right - room.right;
}

function stepAmongTabs(event: KeyboardEvent<HTMLElement>): void {
  const isForward = event.key === (document.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight');
  const isBackward = event.key === (document.dir === 'rtl' ? 'ArrowRight' : 'ArrowLeft');
  if (!isForward && !isBackward) return;
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
  const at = tabs.indexOf(document.activeElement as HTMLElement) + (isForward ? 1 : -1);
  tabs.at(at % tabs.length)?.focus();
}
