/** Arabic texts around every chart. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

export const chart: Texts['chart'] = {
  pointOf: (label) => `${label}: نقطة زمنية`,
  tableOf: (label) => `${label}، في جدول`,
  asTable: 'عرض كجدول',
  time: 'الوقت',
  nothing: 'لم يُقَس شيء في هذه المدة.',
  noValue: 'لا قيمة',
  leftOut: plural('ar', {
    one: 'حُذفت فترة واحدة لم يحدث فيها شيء.',
    two: 'حُذفت فترتان لم يحدث فيهما شيء.',
    few: 'حُذفت # فترات لم يحدث فيها شيء.',
    other: 'حُذفت # فترة لم يحدث فيها شيء.',
  }),
};
