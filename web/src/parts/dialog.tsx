/** Dialogs: the browser's own, which keeps the focus inside and gives it back. */
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { useTexts } from '../texts/index.ts';
import { Button, type ButtonLook, IconButton } from './button.tsx';
import styles from './dialog.module.css';
import type { Submission } from './form.tsx';
import { ProblemNotice } from './problem.tsx';

const FOCUSED_FIRST = 'input, select, textarea, button, a[href]';

/**
 * A modal dialog that is open as long as it is rendered.
 * @param onClose called when it is closed by Escape or its cross; absent: it cannot be closed
 */
export function Dialog({
  title,
  onClose,
  children,
  isWide = false,
}: {
  title: string;
  onClose?: () => void;
  children: ReactNode;
  isWide?: boolean;
}) {
  const { common } = useTexts();
  const ref = useRef<HTMLDialogElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const id = useId();
  // Before the first picture: what is typed at once belongs to the dialog.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    // The browser would choose the cross, which is the first that can have the focus.
    body.current?.querySelector<HTMLElement>(FOCUSED_FIRST)?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={`${styles.dialog} ${isWide ? styles.wide : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
    >
      <header className={styles.header}>
        <h2 id={id}>{title}</h2>
        {onClose && <IconButton icon="cross" label={common.close} onClick={onClose} />}
      </header>
      <div ref={body} className={styles.body}>
        {children}
      </div>
    </dialog>
  );
}

/** Asks before something is done: `children` say what it does, and to whom. */
export function ConfirmDialog({
  title,
  submission,
  onClose,
  children,
  look = 'primary',
}: {
  title: string;
  submission: Submission;
  onClose: () => void;
  children: ReactNode;
  look?: ButtonLook;
}) {
  const { common } = useTexts();
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack">
        {children}
        {submission.problem && <ProblemNotice problem={submission.problem} />}
        <DialogActions>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button look={look} isBusy={submission.isBusy} onClick={submission.submit}>
            {common.confirm}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
}

const DialogActions = ({ children }: { children: ReactNode }) => (
  <div className={styles.actions}>{children}</div>
);

/** The end of a dialog that is a form: the way out, and what sends it. */
export function FormActions({
  submission,
  onClose,
  label,
}: {
  submission: Submission;
  onClose: () => void;
  /** of what sends it; absent: it confirms */
  label?: string;
}) {
  const { common } = useTexts();
  return (
    <DialogActions>
      <Button onClick={onClose}>{common.cancel}</Button>
      <Button type="submit" look="primary" isBusy={submission.isBusy}>
        {label ?? common.confirm}
      </Button>
    </DialogActions>
  );
}
