/** Copying: a button, and values that bring one. */
import { useAnnounce } from '../context/announce.tsx';
import { useTexts } from '../texts/index.ts';
import { Button, IconButton } from './button.tsx';
import styles from './copy.module.css';

function useCopy() {
  const announce = useAnnounce();
  const { common } = useTexts();
  return async (text: string) => {
    await navigator.clipboard.writeText(text);
    announce(common.copied);
  };
}

/** @param of what is copied, where several buttons stand together */
export function CopyButton({ text, of }: { text: string; of?: string }) {
  const copy = useCopy();
  const { common } = useTexts();
  return (
    <Button
      icon="copy"
      aria-label={of === undefined ? undefined : `${common.copy} ${of}`}
      onClick={() => void copy(text)}
    >
      {common.copy}
    </Button>
  );
}

/** An id or a value that people copy, whole and in one width. */
export function CopyText({ text, label }: { text: string; label?: string }) {
  const copy = useCopy();
  const { common } = useTexts();
  return (
    <span className={styles.value}>
      <code className="break">{text}</code>
      <IconButton icon="copy" label={`${common.copy} ${label ?? text}`} onClick={() => void copy(text)} />
    </span>
  );
}
