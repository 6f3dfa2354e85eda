/** Arabic texts of the command palette. */
import type { Texts } from '../index.ts';
import { ltr, name } from './isolate.ts';

export const palette: Texts['palette'] = {
  title: 'لوحة الأوامر',
  placeholder: 'الصق معرّفًا أو عنوان URL أو اسمًا أو نوع حدث',
  results: 'النتائج',
  pages: 'الصفحات والإجراءات',
  found: 'ما عُثر عليه',
  searching: 'جارٍ البحث…',
  nothing: (q) => `لا نتائج عن «${name(q)}».`,
  canFind: `يُعثر على المستأجرين ونقاط النهاية والأحداث والتسليمات والعمليات والمفاتيح والجلسات وجلسات البوابة بالمعرّف (تكفي بدايته)، وعلى المستأجرين بالاسم والمعرّف الخارجي، وعلى نقاط النهاية ببداية عنوان URL أو المضيف، وعلى الأحداث بمعرّفك الخاص و${ltr('Idempotency-Key')}، وعلى أنواع الأحداث بالاسم.`,
  deleted: 'محذوف',
  deliveriesOf: (type) => `التسليمات من النوع ${ltr(type)}`,
  inActivity: (id) => `البحث عن ${ltr(id)} في النشاط`,
  createEndpoint: 'إنشاء نقطة نهاية',
  createTenant: 'إنشاء مستأجر',
  sendEvent: 'إرسال حدث',
  kinds: {
    tenant: 'مستأجر',
    endpoint: 'نقطة نهاية',
    event: 'حدث',
    delivery: 'تسليم',
    event_type: 'نوع حدث',
    operation: 'عملية',
    operational_event: 'حدث تشغيلي',
    key: 'مفتاح',
    session: 'جلسة',
    portal_session: 'جلسة البوابة',
  },
};
