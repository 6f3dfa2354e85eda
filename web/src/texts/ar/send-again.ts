/** Arabic texts of recover and replay. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';
import { ltr } from './isolate.ts';

const number = new Intl.NumberFormat('ar');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `${text} على الأقل` : text);

export const sendAgain: Texts['sendAgain'] = {
  titles: { recover: 'استدراك ما فات', replay: 'إعادة الإرسال' },
  what: {
    recover: 'يُرسل مجددًا ما فشل، وما لم تُجرَ له محاولة أصلًا حين كانت نقطة النهاية معطّلة.',
    replay: `يُرسل مجددًا كل ما في المدة المختارة، حتى ما استلمته نقطة النهاية من قبل. ويحمل مثل هذا التسليم قيمة ${ltr('webhook-id')} نفسها، وبها يعرفه المستلِم.`,
  },
  since: 'من',
  until: 'إلى',
  sinceMissing: 'يجب أن يكون وقتًا',
  eventType: 'نوع الحدث',
  allTypes: 'الكل',
  onlyMissing: 'فقط ما لم يصلها قط',
  onlyMissingHint: 'ما فشل أو أُلغي أو لم يُرسل أصلًا.',
  dryRun: ({ matched, among, at_least, among_at_least }) => {
    if (matched === 0) return 'لا شيء في هذه المدة ليُرسل مجددًا.';
    const of = atLeast(among_at_least, number.format(among));
    return `ما سيُرسل مجددًا: ${atLeast(at_least, number.format(matched))}، من أصل ${of}.`;
  },
  started: plural('ar', {
    zero: 'لا شيء يُرسل مجددًا.',
    one: 'يُرسل تسليم واحد مجددًا.',
    two: 'يُرسل تسليمان مجددًا.',
    few: 'تُرسل # تسليمات مجددًا.',
    many: 'يُرسل # تسليمًا مجددًا.',
    other: 'يُرسل # تسليم مجددًا.',
  }),
};
