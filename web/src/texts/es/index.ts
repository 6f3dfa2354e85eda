/** Spanish. */
import { en } from '../en/index.ts';
import type { Texts } from '../index.ts';

export const es: Texts = {
  ...en,
  direction: 'ltr',
};
