/** The colours of a portal's theme: its accent, and light or dark. */
import { accentsOf } from './accent.ts';

export type Mode = 'light' | 'dark' | 'auto';

export function applyMode(mode: Mode): void {
  const { dataset } = document.documentElement;
  if (mode === 'auto') delete dataset.mode;
  else dataset.mode = mode;
}

export function applyAccent(accent: string): void {
  const { light, dark } = accentsOf(accent);
  document.documentElement.style.setProperty('--accent-on-light', light);
  document.documentElement.style.setProperty('--accent-on-dark', dark);
}
