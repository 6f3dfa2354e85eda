/** Counts in Arabic that several pages say. */
import { plural } from '../plural.ts';

/** The six forms that Arabic has. */
const count = (zero: string, one: string, two: string, few: string, many: string, other: string) =>
  plural('ar', { zero, one, two, few, many, other });

export const deliveriesOf = count('لا تسليمات', 'تسليم واحد', 'تسليمان', '# تسليمات', '# تسليمًا', '# تسليم');
export const eventsOf = count('لا أحداث', 'حدث واحد', 'حدثان', '# أحداث', '# حدثًا', '# حدث');
export const endpointsOf = count(
  'لا نقاط نهاية',
  'نقطة نهاية واحدة',
  'نقطتا نهاية',
  '# نقاط نهاية',
  '# نقطة نهاية',
  '# نقطة نهاية',
);
export const attemptsOf = count(
  'لا محاولات',
  'محاولة واحدة',
  'محاولتان',
  '# محاولات',
  '# محاولة',
  '# محاولة',
);
export const eventTypesOf = count(
  'لا أنواع أحداث',
  'نوع واحد من الأحداث',
  'نوعان من الأحداث',
  '# أنواع من الأحداث',
  '# نوعًا من الأحداث',
  '# نوع من الأحداث',
);
export const failuresInARow = count(
  'لا إخفاقات',
  'إخفاق واحد',
  'إخفاقان متتاليان',
  '# إخفاقات متتالية',
  '# إخفاقًا متتاليًا',
  '# إخفاق متتالٍ',
);
