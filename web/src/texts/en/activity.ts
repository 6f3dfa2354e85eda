/** Texts of the audit log and of operational events. */
import { plural } from '../plural.ts';

const deliveries = plural('en', { one: 'one delivery', other: '# deliveries' });
const attempts = plural('en', { one: 'one attempt', other: '# attempts' });

export const activity = {
  /** Operational events, in sentences. */
  events: {
    exhausted: (type: string, tries: number, why: string) =>
      `${type} could not be delivered: ${attempts(tries)}, then the schedule ended. ${why}`,
    lastAnswer: (status: string) => `Last answer: HTTP ${status}.`,
    lastError: (error: string) => `Last error: ${error}.`,
    unsendable: (type: string, why: string) => `${type} cannot be sent. ${why}.`,
    failing: (failures: number) =>
      `Endpoint is failing, ${plural('en', { one: 'once', other: '# times in a row' })(failures)}.`,
    failingUntil: (at: string) => `It is disabled on ${at} if that goes on.`,
    disabled: {
      manual: 'Endpoint disabled by a person.',
      gone: 'Endpoint disabled: it answered 410 Gone.',
      failing: 'Endpoint disabled: it failed for too long.',
    } as Record<string, string>,
    disabledOther: 'Endpoint disabled.',
    ended: (count: number) => `What waited for it has failed: ${deliveries(count)}.`,
    recovered: 'Endpoint works again.',
    failedSince: (at: string) => `It had been failing since ${at}.`,
    operationFailed: 'An operation failed before it was done.',
    rotated: 'Secret rotated.',
    oldUntil: (at: string) => `The old one signs, too, until ${at}.`,
    undeliverable: (code: string) => `The mail server refused a contact: ${code}.`,
    other: (type: string) => `Operational event ${type}.`,
  },
};
