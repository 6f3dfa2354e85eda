/** Brazilian Portuguese. */
import { en } from '../en/index.ts';
import type { Texts } from '../index.ts';

export const ptBr: Texts = {
  ...en,
  direction: 'ltr',
};
