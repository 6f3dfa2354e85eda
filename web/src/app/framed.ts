/** The portal in a frame: it tells its height, and asks for a new session when its own has ended. */
import { type FromPortal, isToPortal } from '../embed-messages.ts';

const isFramed = (): boolean => window.parent !== window;

// Nothing in these messages is secret, and only pages that the operator allows can frame this one (frame-ancestors).
const tell = (message: FromPortal) => window.parent.postMessage(message, '*');

/** Tells the page around the height of this one, now and whenever it changes. @returns stops it */
export function tellHeight(): () => void {
  if (!isFramed()) return () => {};
  document.documentElement.dataset.framed = '';
  tell({ tidings: 'portal', kind: 'ready' });
  const observer = new ResizeObserver(() =>
    tell({
      tidings: 'portal',
      kind: 'height',
      height: Math.ceil(document.body.getBoundingClientRect().height),
    }),
  );
  observer.observe(document.body);
  return () => observer.disconnect();
}

/**
 * Asks the page around for a new session.
 * @param onCode called with the code of its link, should one come
 * @returns stops listening
 */
export function askForSession(onCode: (code: string) => void): () => void {
  if (!isFramed()) return () => {};
  const listen = (event: MessageEvent) => {
    if (event.source === window.parent && isToPortal(event.data)) onCode(event.data.code);
  };
  addEventListener('message', listen);
  tell({ tidings: 'portal', kind: 'ended' });
  return () => removeEventListener('message', listen);
}
