/** German texts around every chart. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

export const chart: Texts['chart'] = {
  pointOf: (label) => `${label}: Zeitpunkt`,
  tableOf: (label) => `${label}, als Tabelle`,
  asTable: 'Als Tabelle',
  time: 'Zeit',
  nothing: 'In dieser Zeit wurde nichts gemessen.',
  noValue: 'kein Wert',
  leftOut: plural('de', {
    one: 'Ein Zeitraum, in dem nichts geschah, ist ausgelassen.',
    other: '# Zeiträume, in denen nichts geschah, sind ausgelassen.',
  }),
};
