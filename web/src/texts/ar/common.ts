/** Arabic words that several pages share. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';
import { attemptsOf, deliveriesOf, endpointsOf, eventsOf } from './counts.ts';
import { ltr } from './isolate.ts';

export const common: Texts['common'] = {
  copy: 'نسخ',
  copied: 'تم النسخ.',
  cancel: 'رجوع',
  close: 'إغلاق',
  confirm: 'تأكيد',
  save: 'حفظ',
  search: 'بحث',
  loading: 'جارٍ التحميل…',
  loadMore: 'تحميل المزيد',
  tryAgain: 'المحاولة مجددًا',
  form: { optional: 'اختياري' },
  none: 'لا شيء',
  never: 'أبدًا',
  unknown: 'غير معروف',
  yes: 'نعم',
  no: 'لا',
  formatted: 'منسّق',
  raw: 'خام',
  empty: 'فارغ',
  requestId: (id) => `الطلب ${ltr(id)}`,
  somethingWrong: 'لم ينجح ذلك',
  fieldsRefused: plural('ar', {
    one: 'رُفض حقل واحد. السبب مذكور أسفله.',
    two: 'رُفض حقلان. السبب مذكور أسفل كل منهما.',
    few: 'رُفضت # حقول. السبب مذكور أسفل كل منها.',
    many: 'رُفض # حقلًا. السبب مذكور أسفل كل منها.',
    other: 'رُفض # حقل. السبب مذكور أسفل كل منها.',
  }),
  bytes: plural('ar', { two: 'بايتان', other: '# بايت' }),
  deliveries: deliveriesOf,
  events: eventsOf,
  endpoints: endpointsOf,
  attempts: attemptsOf,
  atLeast: (text) => `على الأقل ${text}`,
  inTime: (text) => `بعد ${text}`,
  now: 'الآن',
  status: {
    pending: 'في الانتظار',
    delivering: 'جارٍ الإرسال',
    retrying: 'تُعاد المحاولة',
    held: 'معلّق',
    succeeded: 'ناجح',
    failed: 'فاشل',
    cancelled: 'ملغى',
  },
  held: {
    ordered: 'في انتظار الدور، فنقطة النهاية تستلم أحداثها بالترتيب',
    rate_limited: 'بسبب حد المعدّل لنقطة النهاية',
    stalled: 'نقطة النهاية متوقفة إلى أن يصل إليها حدث جديد',
  },
  trigger: {
    schedule: 'حسب الجدول',
    manual: 'يدويًا',
    recovery: 'استدراك أو إعادة إرسال',
    test: 'اختبار',
  },
};
