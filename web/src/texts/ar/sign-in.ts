/** Arabic texts of signing in, and of sessions that end. */
import type { Texts } from '../index.ts';
import { ltr } from './isolate.ts';

export const signIn: Texts['signIn'] = {
  title: 'تسجيل الدخول',
  hint: 'بمفتاح المسؤول ترى كل المستأجرين، وبمفتاح مستأجر ترى ذلك المستأجر.',
  key: 'مفتاح API',
  submit: 'تسجيل الدخول',
  whereTitle: 'أين مفتاحي؟',
  where: `يطبع الأمر ${ltr('npm start')} رابطًا لتسجيل الدخول؛ ويطبع ${ltr('tidings sign-in')} رابطًا جديدًا على جهاز الخدمة. ويُنشئ المشغّل مفاتيح المستأجر في «الإعدادات».`,
  endedTitle: 'انتهت جلستك',
  endedHint: 'سجّل الدخول من جديد للمتابعة. ما كتبته ما زال هنا.',
  signedOut: 'تم تسجيل خروجك.',
  portalEndedTitle: 'انتهت هذه الجلسة',
  portalEndedHint:
    'افتح البوابة من جديد من حيث حصلت على رابطها. يبقى ما كتبته هنا ما دامت هذه الصفحة مفتوحة.',
  portalNoLinkTitle: 'افتح البوابة من داخل منتجك',
  portalNoLinkHint: 'تحتاج هذه الصفحة إلى رابط ينشئه لك مزوّدك. عد إليه وافتح إعدادات Webhook من جديد.',
  portalCodeFailedTitle: 'لم يعد هذا الرابط صالحًا',
  portalCodeFailedHint:
    'يعمل الرابط مرة واحدة ولمدة محدودة. عد إلى حيث حصلت عليه وافتح إعدادات Webhook من جديد.',
  returnTo: 'العودة',
};
