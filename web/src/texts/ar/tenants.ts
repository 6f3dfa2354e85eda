/** Arabic texts of the list of tenants, and of the form that makes one. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';
import { name } from './isolate.ts';

export const tenants: Texts['tenants'] = {
  tenant: 'المستأجر',
  state: 'الحالة',
  contract: 'العقد',
  sent: 'المحاولات، 24 ساعة',
  failed: 'الإخفاقات، 24 ساعة',
  created: 'تاريخ الإنشاء',
  create: 'إنشاء مستأجر',
  createTitle: 'إنشاء مستأجر',
  searchHint: 'الاسم أو المعرّف الخارجي',
  none: 'لا مستأجرين بعد',
  noneHint:
    'المستأجر عميل لمنتجك: منظمة أو مدرسة أو شركة. له نقاط نهايته وأحداثه ومفاتيحه، وعقد واحد يحدد شكل Webhook لديه. أنشئ الأول، ثم امنحه نقطة نهاية.',
  noneFound: (q) => `لا مستأجر يطابق «${name(q)}»`,
  noneFoundHint: 'يُعثر على المستأجر باسمه، أو بمعرّفه الخارجي، أو ببداية معرّفه.',
  showAll: 'إظهار كل المستأجرين',
  noEndpoint: 'لا نقاط نهاية',
  healthy: 'سليم',
  failing: plural('ar', {
    zero: 'لا نقاط نهاية متعثرة',
    one: 'نقطة نهاية متعثرة',
    two: 'نقطتا نهاية متعثرتان',
    few: '# نقاط نهاية متعثرة',
    other: '# نقطة نهاية متعثرة',
  }),
  disabled: plural('ar', {
    zero: 'لا نقاط نهاية معطّلة',
    one: 'نقطة نهاية معطّلة',
    two: 'نقطتا نهاية معطّلتان',
    few: '# نقاط نهاية معطّلة',
    other: '# نقطة نهاية معطّلة',
  }),
  share: (text) => `${text} من الكل`,

  name: 'الاسم',
  nameHint: 'ما يسمّي به الناس هذا العميل. يظهر هنا وفي رسائل البريد.',
  profile: 'ملف التعريف',
  externalId: 'المعرّف الخارجي',
  externalIdHint: 'معرّفك الخاص لهذا العميل. يصلح حيثما يصلح معرّف المستأجر، وقد يراه المستلِمون.',
  contacts: 'جهات الاتصال',
  contactsHint: 'عناوين بريد إلكتروني، واحد في كل سطر. تُبلَّغ حين تفشل تسليمات نهائيًا.',
  created_: (tenant) => `أُنشئ المستأجر ${name(tenant)}. يحتاج الآن إلى نقطة نهاية.`,
  sourceOf: 'المصدر',
  typesAny: 'يقبل أي نوع حدث',
  typesListed: plural('ar', {
    zero: 'لا يقبل أي نوع حدث',
    one: 'يقبل نوعًا واحدًا من الأحداث',
    two: 'يقبل نوعين من الأحداث',
    few: 'يقبل # أنواع من الأحداث',
    many: 'يقبل # نوعًا من الأحداث',
    other: 'يقبل # نوع من الأحداث',
  }),
  endpointsMost: plural('ar', {
    one: 'نقطة نهاية واحدة لكل مستأجر',
    two: 'حتى نقطتي نهاية لكل مستأجر',
    few: 'حتى # نقاط نهاية لكل مستأجر',
    other: 'حتى # نقطة نهاية لكل مستأجر',
  }),
  httpsOnly: 'https فقط',
  signed: {
    always: 'كل طلب موقّع',
    chosen: 'الطلبات موقّعة حين يكون لنقطة النهاية سر',
    never: 'الطلبات غير موقّعة',
  },
  retries: (times, over) => `إعادة المحاولة ${times} على مدى ${over}`,
  times: plural('ar', {
    zero: '# مرة',
    one: 'مرة واحدة',
    two: 'مرتين',
    few: '# مرات',
    other: '# مرة',
  }),
  notRetried: 'بلا إعادة محاولة',
};
