/** Texts around every chart. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

export const chart: Texts['chart'] = {
  pointOf: (label) => `${label}: momento`,
  tableOf: (label) => `${label}, como tabla`,
  asTable: 'Como tabla',
  time: 'Hora',
  nothing: 'En este período no se midió nada.',
  noValue: 'ninguno',
  leftOut: plural('es', {
    one: 'Se omite un intervalo en el que no pasó nada.',
    other: 'Se omiten # intervalos en los que no pasó nada.',
  }),
};
