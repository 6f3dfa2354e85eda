/** Texts around every chart. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

export const chart: Texts['chart'] = {
  pointOf: (label) => `${label}: momento`,
  tableOf: (label) => `${label}, em tabela`,
  asTable: 'Em tabela',
  time: 'Hora',
  nothing: 'Neste período nada foi medido.',
  noValue: 'nenhum',
  leftOut: plural('pt-BR', {
    one: '# intervalo em que nada aconteceu foi omitido.',
    other: '# intervalos em que nada aconteceu foram omitidos.',
  }),
};
