/** A reload after an upgrade: the parts that these pages would still load have other names in the new version. */

const NAME = 'tidings-reloaded-at';
/** A part that is missing after a reload, too, is missing for another reason. */
const PAUSE_MS = 5 * 60_000;

/**
 * Whether the pages are loaded anew by themselves. Otherwise the error boundary offers it.
 * @param reloadedAtMs when that was last done in this tab; `null`: never
 * @param isTyping whether something may be lost that was typed
 */
export const mayReload = (reloadedAtMs: number | null, nowMs: number, isTyping: boolean): boolean =>
  !isTyping && (reloadedAtMs === null || nowMs - reloadedAtMs > PAUSE_MS);

/** Reloads when a part of the pages is gone. Without storage it could not know that it has done so, and leaves it to the viewer. */
export function reloadWhenOutdated(): void {
  window.addEventListener('vite:preloadError', () => {
    void reloadOnce().catch(() => {});
  });
}

async function reloadOnce(): Promise<void> {
  const last = sessionStorage.getItem(NAME);
  const isTyping = document.querySelector('form, dialog[open]') !== null;
  if (!mayReload(last === null ? null : Number(last), Date.now(), isTyping)) return;
  // A service that is away would leave nothing on the screen.
  const { ok } = await fetch(location.pathname, { cache: 'no-store' });
  if (!ok) return;
  sessionStorage.setItem(NAME, String(Date.now()));
  location.reload();
}
