/** Operational events in sentences. What they hold was written by many versions of the service: nothing in it is relied on. */
import type { Schemas } from '@tidings/client';
import type { Format } from '../../context/format.ts';
import type { IconName } from '../../parts/icon.tsx';
import type { Texts } from '../../texts/index.ts';

type OperationalEvent = Schemas['OperationalEvent'];

const textIn = ({ data }: OperationalEvent, name: string): string | null => {
  const value = data[name];
  return typeof value === 'string' && value !== '' ? value : null;
};
const numberIn = ({ data }: OperationalEvent, name: string): number | null => {
  const value = data[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};
const timeIn = (event: OperationalEvent, name: string, format: Format): string | null => {
  const value = textIn(event, name);
  return value === null || Number.isNaN(Date.parse(value)) ? null : format.dayAndTime(value);
};

type Sentence = { text: string; tone: 'good' | 'bad' | 'warn' | 'quiet'; icon: IconName };

const joined = (...parts: (string | null | false)[]) => parts.filter(Boolean).join(' ');

/** What happened, and what follows from it. */
export function sentenceOf(
  event: OperationalEvent,
  { activity: { events: texts }, deliveries }: Texts,
  format: Format,
): Sentence {
  const errorCodes: Record<string, string> = deliveries.errors;
  const wordsOf = (code: string | null) => (code === null ? null : (errorCodes[code] ?? code));
  switch (event.type) {
    case 'delivery.exhausted': {
      const status = numberIn(event, 'last_response_status');
      const error = wordsOf(textIn(event, 'last_error'));
      const why = status !== null ? texts.lastAnswer(String(status)) : error && texts.lastError(error);
      const text = texts.exhausted(
        textIn(event, 'event_type') ?? event.type,
        numberIn(event, 'attempt_count') ?? 0,
        why ?? '',
      );
      return { tone: 'bad', icon: 'cross', text: text.trim() };
    }
    case 'delivery.unsendable':
      return {
        tone: 'bad',
        icon: 'cross',
        text: texts.unsendable(
          textIn(event, 'event_type') ?? event.type,
          wordsOf(textIn(event, 'reason')) ?? errorCodes.unsendable ?? '',
        ),
      };
    case 'endpoint.failing': {
      const until = timeIn(event, 'disabled_at', format);
      const failures = numberIn(event, 'consecutive_failures') ?? 1;
      return {
        tone: 'warn',
        icon: 'warning',
        text: joined(texts.failing(failures), until && texts.failingUntil(until)),
      };
    }
    case 'endpoint.disabled': {
      const ended = numberIn(event, 'deliveries_ended') ?? 0;
      const reason = texts.disabled[textIn(event, 'reason') ?? ''] ?? texts.disabledOther;
      return { tone: 'bad', icon: 'stop', text: joined(reason, ended > 0 && texts.ended(ended)) };
    }
    case 'endpoint.recovered': {
      const since = timeIn(event, 'failing_since', format);
      return {
        tone: 'good',
        icon: 'check',
        text: joined(texts.recovered, since && texts.failedSince(since)),
      };
    }
    case 'operation.failed':
      return { tone: 'bad', icon: 'cross', text: texts.operationFailed };
    case 'secret.rotated': {
      const until = timeIn(event, 'previous_expires_at', format);
      return { tone: 'quiet', icon: 'gear', text: joined(texts.rotated, until && texts.oldUntil(until)) };
    }
    case 'contact.undeliverable':
      return {
        tone: 'warn',
        icon: 'warning',
        text: texts.undeliverable(textIn(event, 'code') ?? '?'),
      };
    default:
      return { tone: 'quiet', icon: 'activity', text: texts.other(event.type) };
  }
}
