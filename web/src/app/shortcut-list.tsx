/** The list of keyboard shortcuts. */
import { Dialog } from '../parts/dialog.tsx';
import { Facts } from '../parts/page.tsx';
import { useTexts } from '../texts/index.ts';

export function ShortcutList({ onClose }: { onClose: () => void }) {
  const { shell } = useTexts();
  const { keys } = shell;
  const shown = [
    ['Ctrl / ⌘ K', keys.palette],
    ['/', keys.search],
    ['j', keys.next],
    ['k', keys.previous],
    ['Enter', keys.open],
    ['r', keys.retry],
    ['?', keys.help],
  ] as const;
  return (
    <Dialog title={shell.shortcuts} onClose={onClose}>
      <Facts facts={shown.map(([key, text]) => [text, <kbd key={key}>{key}</kbd>] as const)} />
    </Dialog>
  );
}
