/** Arabic, the proof that the pages can be read from right to left. */
import { en } from '../en/index.ts';
import type { Texts } from '../index.ts';

export const ar: Texts = {
  ...en,
  direction: 'rtl',
};
