/** Texts around every chart. */
import { plural } from '../plural.ts';

export const chart = {
  pointOf: (label: string) => `${label}: point in time`,
  tableOf: (label: string) => `${label}, as a table`,
  asTable: 'As a table',
  time: 'Time',
  nothing: 'Nothing was measured in this time.',
  noValue: 'none',
  leftOut: plural('en', {
    one: 'One interval in which nothing happened is left out.',
    other: '# intervals in which nothing happened are left out.',
  }),
};
