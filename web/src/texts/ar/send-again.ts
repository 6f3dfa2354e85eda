/** Arabic texts of recover and replay. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';
import { ltr } from './isolate.ts';

const number = new Intl.NumberFormat('ar');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `${text} على الأقل` : text);

export const sendAgain: Texts['sendAgain'] = {
  titles: { recover: 'استدراك ما فات', replay: 'إعادة الإرسال' },
  what: {
    recover:
      'يُرسل ما فشل، وما لم تُجرَ له محاولة أصلًا حين كانت نقطة النهاية معطّلة. ويبقى ما استلمته نقطة النهاية من قبل كما هو.',
    replay: 'تُرسل أحداث مدة تختارها، من نوع واحد أو من كل الأنواع. وإن فشل شيء فالاستدراك هو الطريق الأقصر.',
  },
  twice: `يُرسل إلى نقطة النهاية مرة أخرى ما استلمته من قبل، بقيمة ${ltr('webhook-id')} نفسها، وبها يعرفه المستلِم.`,
  sample: 'أولها',
  neverSent: 'لم يُرسل بعد',
  more: (count, isBound) => `و${atLeast(isBound || undefined, number.format(count))} غيرها`,
  since: 'من',
  until: 'إلى',
  sinceMissing: 'يجب أن يكون وقتًا',
  eventType: 'نوع الحدث',
  allTypes: 'الكل',
  onlyMissing: 'فقط ما لم يصلها قط',
  onlyMissingHint: 'ما فشل أو أُلغي أو لم يُرسل أصلًا.',
  dryRun: ({ matched, among, at_least, among_at_least }) => {
    if (matched === 0) return 'لا شيء في هذه المدة ليُرسل.';
    const of = atLeast(among_at_least, number.format(among));
    return `ما سيُرسل مجددًا أو للمرة الأولى: ${atLeast(at_least, number.format(matched))}، من أصل ${of}.`;
  },
  started: plural('ar', {
    zero: 'لم يبدأ شيء.',
    one: 'بدأ تسليم واحد.',
    two: 'بدأ تسليمان.',
    few: 'بدأت # تسليمات.',
    many: 'بدأ # تسليمًا.',
    other: 'بدأ # تسليم.',
  }),
};
